// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code saga demo}. */
@Command(
    name = "demo",
    description = {
      "Trips are booked on this machine: Kafka, a schema registry, PostgreSQL and the three"
          + " services are started, bookings published, each event is printed as it appears, and"
          + " at the end it is checked that every saga completed or was undone.",
      "Exit code 0 only if all of that holds."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--bookings",
      paramLabel = "N",
      defaultValue = "5",
      converter = Bookings.class,
      description = "How many trips are booked, 1 to 100000; ${DEFAULT-VALUE} unless said.")
  private int bookings;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = DemoOptions.DEFAULT_SEED,
      converter = Seed.class,
      description = "The same seed fails the same sagas; ${DEFAULT-VALUE} unless said.")
  private long seed;

  @Option(
      names = "--rate",
      paramLabel = "R/s",
      defaultValue = "5/s",
      converter = Rates.class,
      description =
          "Bookings a second, 0 for as fast as they can be; ${DEFAULT-VALUE} unless said.")
  private Rate rate;

  @Option(
      names = "--failures",
      paramLabel = "STEP=SHARE,...",
      defaultValue = "flight=0.1,hotel=0.15,car=0.3",
      converter = Shares.class,
      description =
          "The share of the sagas that each step rejects at random, 0 to 1; ${DEFAULT-VALUE}"
              + " unless said.")
  private Failures failures;

  @Option(
      names = "--instances",
      paramLabel = "N",
      defaultValue = "1",
      converter = Instances.class,
      description = "Processes of each service, 1 to 4; ${DEFAULT-VALUE} unless said.")
  private int instances;

  @Option(
      names = "--keep",
      description =
          "Leaves all of it running at the end, until Ctrl-C, with a page that shows the sagas.")
  private boolean keep;

  @Option(
      names = "--json",
      description = "One JSON object a line: each event, and at last the final state.")
  private boolean json;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DemoCommand() {}

  DemoOptions options() {
    return new DemoOptions(bookings, seed, rate, failures, instances);
  }

  @Override
  public Integer call() throws Exception {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    Output output = json ? new JsonOutput(out) : new TextOutput(out, Ansi.AUTO.enabled());
    Demo demo = new Demo(options(), keep, output, System.err::println);
    return Interruption.guard(demo::run) ? Console.OK : Console.DOES_NOT_HOLD;
  }

  static final class Bookings extends Converter<Integer> {
    Bookings() {
      super(text -> whole(text, 1, DemoOptions.MOST_BOOKINGS), "a whole number from 1 to 100000");
    }
  }

  static final class Seed extends Converter<Long> {
    Seed() {
      super(
          text -> {
            if (!text.matches("\\d{1,18}")) {
              throw new IllegalArgumentException();
            }
            return Long.parseLong(text);
          },
          "a whole number of at most 18 digits");
    }
  }

  static final class Instances extends Converter<Integer> {
    Instances() {
      super(text -> whole(text, 1, DemoOptions.PARTITIONS), "1 to 4: each topic has 4 partitions");
    }
  }

  static final class Rates extends Converter<Rate> {
    Rates() {
      super(Rate::parse, "a number such as 50/s, or 0 for as fast as they can be");
    }
  }

  static final class Shares extends Converter<Failures> {
    Shares() {
      super(Failures::parse, "shares from 0 to 1 such as flight=0.1,hotel=0.15,car=0.3");
    }
  }

  private static int whole(String text, int least, int most) {
    int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    if (number < least || number > most) {
      throw new IllegalArgumentException();
    }
    return number;
  }

  /** Says what was expected where the text cannot be read. */
  private abstract static class Converter<T> implements ITypeConverter<T> {
    private final Function<String, T> read;
    private final String expected;

    Converter(Function<String, T> read, String expected) {
      this.read = read;
      this.expected = expected;
    }

    @Override
    public T convert(String text) {
      try {
        return read.apply(text);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new TypeConversionException("'%s' was given, expected %s".formatted(text, expected));
      }
    }
  }
}
