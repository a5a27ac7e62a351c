//! What a domain says, and what may stand in the way.

use simple_dns::rdata::TXT;
use tokio::net::TcpListener;

use super::fake::{Zone, beside, reply, srv};
use super::*;

async fn said(zone: Zone) -> Services {
    beside(zone, async |resolver| {
        resolver.services("example.org").await
    })
    .await
}

fn service(host: &str, port: u16, path: Option<&str>) -> Service {
    Service {
        host: host.to_owned(),
        port,
        path: path.map(str::to_owned),
    }
}

#[tokio::test]
async fn the_best_encrypted_server_comes_first_with_the_path_of_the_domain() {
    let name = "_caldavs._tcp.example.org";
    let path = TXT::new().with_string("path=/dav/").unwrap();
    let found = said(vec![
        (name, srv(10, 0, 443, "spare.example.org")),
        (name, srv(0, 1, 8443, "small.example.org")),
        (name, srv(0, 9, 443, "DAV.example.org")),
        (name, RData::TXT(path)),
    ])
    .await;
    let path = Some("/dav/");
    assert_eq!(
        found.encrypted,
        [
            service("dav.example.org", 443, path),
            service("small.example.org", 8443, path),
            service("spare.example.org", 443, path),
        ]
    );
}

#[tokio::test]
async fn a_domain_may_say_that_it_has_none_or_only_an_unencrypted_one() {
    assert_eq!(said(Vec::new()).await, Services::default());
    let none = said(vec![("_caldavs._tcp.example.org", srv(0, 0, 0, ""))]).await;
    assert_eq!(none, Services::default());
    let plain = said(vec![(
        "_caldav._tcp.example.org",
        srv(0, 0, 80, "dav.example.org"),
    )])
    .await;
    assert!(plain.plain && plain.encrypted.is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_by_tcp() {
    let zone: Zone = vec![(
        "_caldavs._tcp.example.org",
        srv(0, 0, 443, "dav.example.org"),
    )];
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(at).await.unwrap();
    let resolver = Resolver::at(at);
    let serve = async {
        let mut question = vec![0; 512];
        loop {
            let (read, from) = udp.recv_from(&mut question).await.unwrap();
            let cut = reply(&question[..read], &Vec::new(), PacketFlag::TRUNCATION);
            udp.send_to(&cut, from).await.unwrap();
            let (mut stream, _) = tcp.accept().await.unwrap();
            let length = usize::from(stream.read_u16().await.unwrap());
            stream.read_exact(&mut question[..length]).await.unwrap();
            let whole = reply(&question[..length], &zone, PacketFlag::empty());
            let length = u16::try_from(whole.len()).unwrap();
            stream.write_all(&length.to_be_bytes()).await.unwrap();
            stream.write_all(&whole).await.unwrap();
        }
    };
    let found = tokio::select! {
        found = resolver.services("example.org") => found,
        () = serve => unreachable!(),
    };
    assert_eq!(found.encrypted, [service("dav.example.org", 443, None)]);
}

#[tokio::test]
async fn a_server_that_refuses_is_said_and_is_no_answer() {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = Resolver::at(udp.local_addr().unwrap());
    let serve = async {
        let mut question = vec![0; 512];
        loop {
            let (read, from) = udp.recv_from(&mut question).await.unwrap();
            let mut answer = reply(&question[..read], &Vec::new(), PacketFlag::empty());
            answer[3] |= 5;
            udp.send_to(&answer, from).await.unwrap();
        }
    };
    let found = tokio::select! {
        found = resolver.services("example.org") => found,
        () = serve => unreachable!(),
    };
    assert!(found.failed.unwrap().contains("refused"));
}

#[test]
fn the_servers_of_the_machine_are_read_from_its_file() {
    let text = "# x\nsearch a\nnameserver 192.0.2.1\nnameserver 2001:db8::1\noptions y\n";
    let servers = Resolver::named_in(text).servers;
    let expected = ["192.0.2.1:53", "[2001:db8::1]:53"];
    assert_eq!(servers, expected.map(|server| server.parse().unwrap()));
    assert_eq!(
        Resolver::named_in("").servers,
        ["127.0.0.1:53".parse().unwrap()]
    );
}
