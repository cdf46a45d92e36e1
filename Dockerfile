# SPDX-License-Identifier: Apache-2.0
# One of the programs, from the jar that `mvn package` makes; PROGRAM says which.
ARG JAVA_IMAGE=eclipse-temurin:25-jre
FROM ${JAVA_IMAGE}
ARG PROGRAM
COPY ${PROGRAM}/target/${PROGRAM}.jar /program.jar
# A number, so that it is nobody in particular in whatever the base is.
USER 10001:10001
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "/program.jar"]
