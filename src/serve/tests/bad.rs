use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::super::{Options, Server, Table};
use super::{Site, small_tables};

/// Sends bytes as they are, says no more, and reads all that comes.
fn raw(site: &Site, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(site.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // The server may refuse before all is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut got = Vec::new();
    let _ = stream.read_to_end(&mut got);
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn no_request_ends_the_server() {
    let site = Site::small();
    let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let large =
        format!("POST /products HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n{}", "x".repeat(9_000_000));
    for (bytes, status) in [
        (&b"\0\0\0"[..], "HTTP/1.1 400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "HTTP/1.1 400"),
        (b"POST /products HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nabc", "HTTP/1.1 413"),
        (b"POST /products HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "HTTP/1.1 4"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"),
        (b"GET /%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"),
        (b"BREW /products HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 405"),
        (b"GET /products HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", "HTTP/1.1 200"),
        (endless.as_bytes(), "HTTP/1.1 431"),
        (large.as_bytes(), "HTTP/1.1 413"),
        (b"GET /products HTTP/1.1\r\nHo", ""),
    ] {
        let got = raw(&site, bytes);
        assert!(got.starts_with(status), "{}: {got}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]));
        assert_eq!(site.get("/products/1").status, 200);
    }
}

#[test]
fn requests_in_a_row_are_answered_in_order() {
    let site = Site::small();
    let got = raw(&site, b"GET /products/1 HTTP/1.1\r\n\r\nGET /products/3 HTTP/1.1\r\n\r\n");
    let (first, second) = (got.find("Hammer").unwrap(), got.find("Glue").unwrap());
    assert!(first < second);
    assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 2);
}

#[test]
fn mistakes_are_answered_with_a_code() {
    let site = Site::small();
    for (method, path, body, status, code) in [
        ("GET", "/nothing", "", 404, "unknownTable"),
        ("GET", "/products/9", "", 404, "unknownRow"),
        ("GET", "/products/1/2", "", 404, "unknownRoute"),
        ("GET", "/odata/nothing", "", 404, "unknownTable"),
        ("GET", "/products?colour=red", "", 400, "unknownColumn"),
        ("GET", "/products?limit=0", "", 400, "invalidParameter"),
        ("GET", "/products?limit=-1", "", 400, "invalidParameter"),
        ("GET", "/products?page=0", "", 400, "invalidParameter"),
        ("GET", "/products?page=1&offset=2", "", 400, "invalidParameter"),
        ("GET", "/products?cursor=7", "", 400, "invalidParameter"),
        ("GET", "/odata/products?$filter=a", "", 400, "unsupportedParameter"),
        ("POST", "/odata/products", "{}", 405, "methodNotAllowed"),
        ("PUT", "/products", "{}", 405, "methodNotAllowed"),
        ("POST", "/products", "[]", 400, "invalidRow"),
        ("POST", "/products", "{\"id\":", 400, "invalidRow"),
        ("POST", "/products", "{\"id\":[1]}", 400, "invalidRow"),
        ("POST", "/products", "", 400, "invalidRow"),
        ("POST", "/products", "{\"id\":1} {}", 400, "invalidRow"),
    ] {
        let reply = site.send(method, path, body);
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{method} {path} {body}");
    }
    let message = site.get("/product").json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "there is no table `product`; the tables are `default/tasks`, `many`, `products`");
    assert_eq!(site.send("PUT", "/products", "{}").header("Allow"), "GET, HEAD, POST");
}

#[test]
fn nested_bombs_are_stored_as_text() {
    let site = Site::small();
    let bomb = format!("{{\"deep\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(site.send("POST", "/products", &bomb).status, 201);
    assert_eq!(site.send("PATCH", "/products/4", r#"{"a":1}"#).status, 200);
    let expected = format!(r#"{{"id":4,{},"a":1}}"#, &bomb[1..bomb.len() - 1]);
    assert!(site.get("/products/4").text == expected);
}

#[test]
fn rows_from_a_program_are_checked() {
    let error = Table::from_rows("t", [r#"{"id":1}"#, "[]"]).unwrap_err().to_string();
    assert_eq!(error, "t:2:1: invalid type: sequence, expected an object");
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let site = Site::open(&Options { tables: small_tables(), ..Options::default() });
    let url = site.url("/many?limit=5");
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let (url, agent) = (url.clone(), site.agent.clone());
            std::thread::spawn(move || {
                (0..20).all(|_| agent.get(&url).call().is_ok_and(|reply| reply.status() == 200))
            })
        })
        .collect();
    assert!(clients.into_iter().all(|client| client.join().unwrap()));
}

#[test]
fn a_folder_that_is_missing_is_an_error() {
    let dir = tempfile::tempdir().unwrap().path().join("gone");
    let error = Server::start(&Options { dir: Some(dir), ..Options::default() }).err().unwrap();
    assert!(error.to_string().starts_with("cannot read the folder of tables `"), "{error}");
}
