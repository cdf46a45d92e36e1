// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/**
 * {@code saga}: one program, a subcommand for each thing it can do.
 *
 * <p>Exit codes: 0 if all that was asked for holds, 1 if not, 2 for wrong use, 130 after Ctrl-C.
 */
@Command(
    name = "saga",
    description = "Runs sagas on this machine, and shows and steers those on any cluster.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      UpCommand.class,
      StartCommand.class,
      TraceCommand.class,
      ExplainCommand.class,
      ListCommand.class,
      WatchCommand.class,
      StatsCommand.class,
      CancelCommand.class,
      ParkedCommand.class,
      RetryCommand.class,
      ResolveCommand.class,
      RepairCommand.class,
      VerifyCommand.class,
      DrainCommand.class,
      TopicsCommand.class,
      DeadLettersCommand.class,
      ReplayCommand.class,
      ConsoleCommand.class,
      DemoCommand.class,
      CompletionCommand.class
    })
public final class Console implements Runnable {

  static final int OK = 0;
  static final int DOES_NOT_HOLD = 1;
  static final int WRONG_USE = 2;

  /** Characters that the locale does not have are read as this one. */
  private static final char MANGLED = '\uFFFD';

  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  Console() {}

  /** See {@code saga --help}. */
  public static void main(String[] args) {
    // Numbers in names, addresses and lines for programs have the same digits everywhere.
    Locale.setDefault(Locale.ROOT);
    System.setErr(Terminal.err());
    System.exit(run(Terminal.out(), new PrintWriter(System.err, true, UTF_8), args));
  }

  /** Runs a command, whose output counts as well: what nobody could write down was not answered. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    CommandLine command = commandLine().setOut(out).setErr(err);
    try {
      int code = command.execute(args);
      out.flush();
      return code;
    } catch (Terminal.OutputException e) {
      return fail(e, command);
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new Console())
        .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
        .setExecutionStrategy(Console::execute)
        .setParameterExceptionHandler((wrong, args) -> refuse(wrong))
        .setExecutionExceptionHandler((failure, command, parsed) -> fail(failure, command));
  }

  private static int execute(ParseResult parsed) {
    for (String word : parsed.originalArgs()) {
      if (word.indexOf(MANGLED) >= 0) {
        throw new ParameterException(
            parsed.commandSpec().commandLine(),
            "'%s' has characters that the locale of this terminal, %s, does not have, and would name another saga: set LC_ALL=C.UTF-8, or another locale of UTF-8"
                .formatted(word, System.getProperty("sun.jnu.encoding")));
      }
    }
    return new RunLast().execute(parsed);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing");
  }

  /** One sentence: what is wrong, and what to do next. */
  private static int refuse(ParameterException wrong) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = command.getErr();
    String problem =
        Terminal.withoutPasswords(String.valueOf(wrong.getMessage()))
            .lines()
            .findFirst()
            .orElse("Wrong use");
    err.printf(
        "%s; `./%s --help` lists what can be said.%n",
        problem.replaceAll("[.;\\s]+$", ""), command.getCommandSpec().qualifiedName());
    err.flush();
    return WRONG_USE;
  }

  private static int fail(Exception failure, CommandLine command) {
    // Who has closed a pipe knows it.
    if (!(failure instanceof Terminal.OutputException output) || !output.isClosedPipe()) {
      command.getErr().println(reason(failure));
      command.getErr().flush();
    }
    return DOES_NOT_HOLD;
  }

  /** The message, and those of its causes that say more. */
  static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable e = failure; e != null; e = e.getCause()) {
      String message = e.getMessage() == null ? e.getClass().getName() : e.getMessage().strip();
      if (reason.indexOf(message) < 0) {
        reason.append(reason.isEmpty() ? "" : ": ").append(message);
      }
    }
    return Terminal.withoutPasswords(reason.toString());
  }

  /** The same on one line, and without what Java puts around it. */
  static String sentence(Throwable failure) {
    Throwable inner = failure;
    while (inner.getCause() != null
        && (inner instanceof ExecutionException || String.valueOf(inner.getMessage()).isBlank())) {
      inner = inner.getCause();
    }
    return reason(inner).replaceAll("\\s*\\R\\s*", " ");
  }

  /** A word as it is typed in a shell. */
  static String quoted(String word) {
    return word.matches("[\\w.:/-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** {@code --version}. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      Properties properties = new Properties();
      try (InputStream in = Console.class.getResourceAsStream("console.properties")) {
        properties.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new String[] {"saga " + properties.getProperty("version")};
    }
  }
}
