// Java's own TLS client; usage: java JavaClient.java ADDRESS PORT NAME. Prints what an application would.
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class JavaClient {
  public static void main(String[] words) throws Exception {
    X509TrustManager trusting = new X509TrustManager() {
      public void checkClientTrusted(X509Certificate[] chain, String type) {}
      public void checkServerTrusted(X509Certificate[] chain, String type) {}
      public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    };
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trusting}, null);
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(words[0], Integer.parseInt(words[1])), 4000);
      plain.setSoTimeout(4000);
      try (SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, words[2], plain.getPort(), true)) {
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(words[2])));
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        System.out.println("handshake finished: " + secure.getSession().getProtocol());
      }
    } catch (java.io.IOException error) {
      System.out.println(error);
      if (error.getCause() != null) System.out.println("Caused by: " + error.getCause());
    }
  }
}
