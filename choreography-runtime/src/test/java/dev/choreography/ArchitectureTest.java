// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What may know what. */
class ArchitectureTest {

  private static final JavaClasses RUNTIME =
      new ClassFileImporter()
          .importLocations(
              List.of(
                  Location.of(
                      Choreography.class.getProtectionDomain().getCodeSource().getLocation())));

  private static final String[] OWN = {
    "dev.choreography",
    "dev.choreography.avro..",
    "dev.choreography.control..",
    "dev.choreography.engine..",
    "dev.choreography.jdbc..",
    "dev.choreography.kafka..",
    "dev.choreography.participant..",
    "dev.choreography.protocol..",
    "dev.choreography.versions.."
  };

  /** Where the author's code meets the database and the clients. */
  private static final DescribedPredicate<JavaClass> DOORS =
      describe(
          "a door to authors",
          type ->
              Set.of(
                      "StepContext",
                      "StepHandler",
                      "SagaStarter",
                      "OutboxStarter",
                      "ParticipantBuilder")
                  .contains(outermost(type).getSimpleName()));

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  @Test
  void the_runtime_knows_neither_services_nor_their_schemas() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.choreography..")
                .and(DescribedPredicate.not(resideInAnyPackage(OWN))))
        .check(RUNTIME);
  }

  @Test
  void kafka_is_known_where_records_come_and_go_and_in_the_serde() {
    noClasses()
        .that(
            DescribedPredicate.not(
                resideInAnyPackage("dev.choreography.kafka..", "dev.choreography.avro..")
                    .or(DOORS)))
        .should()
        .dependOnClassesThat(resideInAPackage("org.apache.kafka.."))
        .check(RUNTIME);
  }

  @Test
  void sql_is_known_in_the_journal_and_where_authors_bring_their_connection() {
    noClasses()
        .that(DescribedPredicate.not(resideInAPackage("dev.choreography.jdbc..").or(DOORS)))
        .should()
        .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql.."))
        .check(RUNTIME);
  }

  @Test
  void the_protocol_is_pure() {
    classes()
        .that()
        .resideInAPackage("dev.choreography.protocol..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "dev.choreography.protocol..",
                "java.lang..",
                "java.util",
                "java.util.function",
                "java.util.stream",
                "org.jspecify.annotations"))
        .check(RUNTIME);
  }

  @Test
  void no_packages_know_each_other() {
    slices().assignedFrom(new OnePackageEach()).should().beFreeOfCycles().check(RUNTIME);
  }

  private static final class OnePackageEach implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().startsWith("dev.choreography")
          ? SliceIdentifier.of(type.getPackageName())
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }

  @Test
  void nobody_asks_the_time_makes_up_an_id_or_sleeps() {
    noClasses()
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(UUID.class, "randomUUID")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(RUNTIME);
  }
}
