// Go's own TLS client; usage: go_client ADDRESS PORT NAME. Prints what an application would.
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	dialer := &net.Dialer{Timeout: 4 * time.Second, Deadline: time.Now().Add(4 * time.Second)}
	address := net.JoinHostPort(os.Args[1], os.Args[2])
	secure, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{ServerName: os.Args[3], InsecureSkipVerify: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("handshake finished")
	secure.Close()
}
