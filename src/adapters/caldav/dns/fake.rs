//! A name server for tests.

use simple_dns::ResourceRecord;
use simple_dns::rdata::SRV;

use super::*;

/// What a name server knows: the name, and what stands there.
pub(crate) type Zone = Vec<(&'static str, RData<'static>)>;

pub(crate) fn srv(priority: u16, weight: u16, port: u16, target: &'static str) -> RData<'static> {
    let target = Name::new_unchecked(target);
    RData::SRV(SRV {
        priority,
        weight,
        port,
        target,
    })
}

pub(crate) fn reply(question: &[u8], zone: &Zone, flags: PacketFlag) -> Vec<u8> {
    let asked = Packet::parse(question).unwrap();
    let mut reply = Packet::new_reply(asked.id());
    reply.set_flags(flags);
    let question = asked.questions[0].clone();
    for (name, data) in zone {
        let record = ResourceRecord::new(Name::new_unchecked(name), CLASS::IN, 60, data.clone());
        if question.qname.to_string() == *name && record.match_qtype(question.qtype) {
            reply.answers.push(record);
        }
    }
    reply.questions.push(question);
    reply.build_bytes_vec().unwrap()
}

/// Does something beside a name server of this zone. Datagrams that are no answer come first.
pub(crate) async fn beside<T>(zone: Zone, work: impl AsyncFnOnce(Resolver) -> T) -> T {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = Resolver::at(socket.local_addr().unwrap());
    let serve = async {
        let mut question = vec![0; 512];
        loop {
            let (read, from) = socket.recv_from(&mut question).await.unwrap();
            let answer = reply(&question[..read], &zone, PacketFlag::empty());
            let mut forged = reply(&question[..read], &Vec::new(), PacketFlag::empty());
            forged[0] ^= 0xff;
            for datagram in [&forged[..], b"nonsense", &answer] {
                socket.send_to(datagram, from).await.unwrap();
            }
        }
    };
    tokio::select! {
        done = work(resolver) => done,
        () = serve => unreachable!(),
    }
}
