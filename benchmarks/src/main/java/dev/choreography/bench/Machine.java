// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Where it was measured, and what else went on there. */
final class Machine {

  /** Above it, others were at work: the figures are not those of the machine alone. */
  static final double QUIET = 0.1;

  private static final long LOOK_SECONDS = 2;
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** Describes it; takes two seconds, in which nothing is to be done. */
  static ObjectNode describe() throws IOException, InterruptedException {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    system.getCpuLoad(); // it tells what has been since the last time it was asked
    TimeUnit.SECONDS.sleep(LOOK_SECONDS);
    double busy = system.getCpuLoad();
    ObjectNode machine = new ObjectMapper().createObjectNode();
    machine.put("processors", system.getAvailableProcessors());
    machine.put("processor", processor());
    machine.put("memory_gb", Math.round(system.getTotalMemorySize() / 1e9));
    machine.put("system", system.getName() + " " + system.getVersion() + " " + system.getArch());
    machine.put("java", System.getProperty("java.runtime.version"));
    machine.put("busy_before", Figure.rounded(busy));
    return machine;
  }

  private static String processor() throws IOException {
    if (!Files.isReadable(CPU_INFO)) {
      return System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    }
  }
}
