// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a window, as somebody uses it; nothing is downloaded. */
final class Browser implements AutoCloseable {

  static final Path PROGRAM = Path.of("/usr/bin/chromium");
  static final Path DRIVER_PROGRAM = Path.of("/usr/bin/chromedriver");

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final List<Integer> WIDTHS = List.of(1280, 390);
  private static final int HEIGHT = 900;

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  static boolean isInstalled() {
    return Files.isExecutable(PROGRAM) && Files.isExecutable(DRIVER_PROGRAM);
  }

  /**
   * Starts it.
   *
   * @param profile a new folder, which it fills
   */
  static Browser start(Path profile) {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(PROGRAM.toFile());
    options.addArguments(
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--user-data-dir=" + profile.toAbsolutePath());
    if (System.getProperty("user.name").equals("root")) {
      options.addArguments("--no-sandbox"); // its sandbox does not work for root
    }
    LoggingPreferences logged = new LoggingPreferences();
    logged.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logged);
    // So that it looks for neither, nowhere.
    System.setProperty("webdriver.chrome.driver", DRIVER_PROGRAM.toString());
    System.setProperty(
        "webdriver.chrome.logfile", Path.of("target", "chromedriver.log").toString());
    ChromeDriver driver = new ChromeDriver(options);
    driver.manage().timeouts().scriptTimeout(Duration.ofSeconds(10));
    Browser browser = new Browser(driver);
    browser.look(WIDTHS.get(0), false);
    return browser;
  }

  /** Goes to a page, as somebody who was never there. */
  void visit(String address) {
    driver.get("about:blank");
    driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
    driver.get(address);
  }

  /** Loads the page of this address again, or another one. */
  void load(String address) {
    driver.get("about:blank"); // otherwise a new place on the same page loads nothing
    driver.get(address);
  }

  String address() {
    return String.valueOf(driver.getCurrentUrl());
  }

  /** Clicks it, once it is there. */
  void click(String css) throws Exception {
    AgainstUp.waitUntil(() -> !driver.findElements(By.cssSelector(css)).isEmpty());
    driver.findElement(By.cssSelector(css)).click();
  }

  /** Types, wherever the focus is. */
  void type(CharSequence... keys) {
    new Actions(driver).sendKeys(keys).perform();
  }

  /** A text of the first such element as it is seen, empty if there is none. */
  String text(String css) {
    return String.valueOf(
        ask(
            "const found = document.querySelector(arguments[0]);"
                + "return found?.innerText ?? found?.textContent ?? ''",
            css));
  }

  /** Returns when some such element shows this text. */
  void await(String css, String text) throws Exception {
    try {
      AgainstUp.waitUntil(
          () ->
              Boolean.TRUE.equals(
                  ask(
                      "return [...document.querySelectorAll(arguments[0])]"
                          + ".some(each => each.textContent.includes(arguments[1]))",
                      css,
                      text)));
    } catch (AssertionError e) {
      screenshot("failed", WIDTHS.get(0), false);
      throw new AssertionError(
          "no '%s' shows '%s' at %s; the page shows:%n%s"
              .formatted(css, text, address(), text("body")),
          e);
    }
  }

  /** Returns when there is no such element. */
  void awaitNo(String css) throws Exception {
    AgainstUp.waitUntil(() -> count(css) == 0);
  }

  long count(String css) {
    return (Long) ask("return document.querySelectorAll(arguments[0]).length", css);
  }

  /** What a script on the page returns. */
  Object ask(String script, @Nullable Object... arguments) {
    Object answer = ((JavascriptExecutor) driver).executeScript(script, arguments);
    return answer == null ? "null" : answer;
  }

  /** Keeps how it looks: wide and narrow, light and dark; nothing is to be wider than the page. */
  void picture(String name) throws IOException {
    for (int width : WIDTHS) {
      for (boolean dark : List.of(false, true)) {
        screenshot("%s-%d-%s".formatted(name, width, dark ? "dark" : "light"), width, dark);
        assertThat((Long) ask("return document.documentElement.scrollWidth"))
            .as("%s at %d px", name, width)
            .isLessThanOrEqualTo(width);
      }
    }
    look(WIDTHS.get(0), false);
  }

  private void screenshot(String name, int width, boolean dark) throws IOException {
    look(width, dark);
    // What follows the new width is drawn in the next frame.
    ((JavascriptExecutor) driver)
        .executeAsyncScript(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))");
    Object png =
        driver
            .executeCdpCommand("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
            .get("data");
    Files.createDirectories(SCREENSHOTS);
    Files.write(
        SCREENSHOTS.resolve(name + ".png"), Base64.getDecoder().decode(String.valueOf(png)));
  }

  private void look(int width, boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
    driver.executeCdpCommand("Emulation.setScrollbarsHidden", Map.of("hidden", true));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  /** What its console has warned of since this was asked last. */
  List<String> complaints() {
    return StreamSupport.stream(driver.manage().logs().get(LogType.BROWSER).spliterator(), false)
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(entry -> entry.getMessage())
        .toList();
  }

  @Override
  public void close() {
    driver.quit();
  }
}
