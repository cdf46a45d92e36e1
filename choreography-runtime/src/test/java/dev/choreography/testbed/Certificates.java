// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and its certificate for {@code localhost}, made by the Java runtime's keytool, and the
 * stores that trust it.
 *
 * @param folder where the stores are
 */
public record Certificates(Path folder) {

  /** The password of every store. */
  public static final String PASSWORD = "s3cret-of-stores";

  /** Makes them. */
  public static Certificates in(Path folder) throws IOException, InterruptedException {
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder(
                List.of(
                    keytool.toString(),
                    "-genkeypair",
                    "-alias",
                    "registry",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "SAN=dns:localhost,ip:127.0.0.1",
                    "-validity",
                    "2",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    folder.resolve("key.p12").toString(),
                    "-storepass",
                    PASSWORD))
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    if (process.waitFor() != 0) {
      throw new IllegalStateException("keytool failed: " + said);
    }
    return new Certificates(folder);
  }

  /** The store with the key, PKCS12. */
  public Path keyStore() {
    return folder.resolve("key.p12");
  }

  /** A store of this type that trusts the certificate; a file with the certificate for PEM. */
  public Path trustStore(String type) throws IOException, GeneralSecurityException {
    Path file = folder.resolve("trust." + type);
    if (type.equals("PEM")) {
      Files.writeString(file, certificate());
      return file;
    }
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setCertificateEntry("registry", read());
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return file;
  }

  /** The certificate as text. */
  public String certificate() throws IOException, GeneralSecurityException {
    return pem("CERTIFICATE", read().getEncoded());
  }

  /** The private key as text. */
  public String key() throws IOException, GeneralSecurityException {
    return pem("PRIVATE KEY", store().getKey("registry", PASSWORD.toCharArray()).getEncoded());
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes), what);
  }

  /** The context of a server that shows the certificate, and trusts it in a client. */
  public SSLContext context() throws IOException, GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store(), PASSWORD.toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("registry", read());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private Certificate read() throws IOException, GeneralSecurityException {
    return store().getCertificate("registry");
  }

  private KeyStore store() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keyStore())) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }
}
