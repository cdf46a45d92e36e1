// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** As whom PostgreSQL's programs run, since they refuse to run as root. */
enum PostgresUser {
  /** Nothing to do. */
  OURSELVES(List.of()),
  /**
   * Root in a user namespace of its own, where it is nobody: it keeps what a file's owner may, and
   * loses the rest.
   */
  IN_OWN_NAMESPACE(List.of("unshare", "-U")),
  /** Another user, who needs to own the data folder and to be let into the folders above. */
  NOBODY(List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"));

  @SuppressWarnings("ImmutableEnumChecker") // Made by List.of.
  private final List<String> prefix;

  PostgresUser(List<String> prefix) {
    this.prefix = prefix;
  }

  /** What works here for files of that folder's owner, who is the user that we are. */
  static PostgresUser ownerOf(Path folder) throws IOException {
    if (!Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid"))) {
      return OURSELVES;
    }
    for (PostgresUser user : List.of(IN_OWN_NAMESPACE, NOBODY)) {
      if (user.works()) {
        return user;
      }
    }
    throw new IOException(
        "PostgreSQL does not run as root, and neither "
            + IN_OWN_NAMESPACE.prefix
            + " nor "
            + NOBODY.prefix
            + " works here; run as another user");
  }

  /** What goes before a command. */
  List<String> prefix() {
    return prefix;
  }

  private boolean works() {
    return runs("true");
  }

  /** Whether the user may run this, and it succeeds. */
  private boolean runs(String... command) {
    try {
      Process process =
          new ProcessBuilder(Stream.concat(prefix.stream(), Stream.of(command)).toList())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException noSuchProgram) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Lets the user into its folder through the one above; those further above must let it through
   * already, and to the program.
   *
   * @throws IOException naming the folder that does not, and its mode
   */
  void prepare(Path root, Path folder, Path program) throws IOException {
    if (this == NOBODY) {
      Set<PosixFilePermission> permissions = EnumSet.copyOf(Files.getPosixFilePermissions(root));
      permissions.add(PosixFilePermission.OTHERS_EXECUTE);
      Files.setPosixFilePermissions(root, permissions);
      own(folder);
      requireReachable(folder);
      requireReachable(program);
    }
  }

  private void requireReachable(Path file) throws IOException {
    for (Path each = file.toAbsolutePath().getRoot();
        each != null;
        each = each.equals(file.toAbsolutePath()) ? null : below(each, file.toAbsolutePath())) {
      if (!runs("test", "-x", each.toString())) {
        throw new IOException(
            "PostgreSQL does not run as root, and as nobody, with %s, it may not enter %s, whose mode is %s: `chmod o+x` lets it in; or use a folder elsewhere, or another user than root"
                .formatted(
                    String.join(" ", prefix),
                    each,
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(each))));
      }
    }
  }

  private static Path below(Path folder, Path file) {
    return file.getRoot().resolve(file.subpath(0, folder.getNameCount() + 1));
  }

  /** Makes a file the user's. */
  void own(Path file) throws IOException {
    if (this == NOBODY) {
      UserPrincipalLookupService names = file.getFileSystem().getUserPrincipalLookupService();
      PosixFileAttributeView view =
          Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
      view.setGroup(names.lookupPrincipalByGroupName("nogroup"));
      view.setOwner(names.lookupPrincipalByName("nobody"));
    }
  }
}
