//! Asks the domain of a mail address where its calendars are (RFC 6764 sections 3 and 4): SRV and
//! TXT records, by UDP and, where an answer does not fit, by TCP (RFC 1035 section 4.2).
//!
//! Whoever answers can lie. So a record only proposes a place; who is told a password there is
//! decided elsewhere.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

/// How long one server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often each server is asked.
const TRIES: usize = 2;
/// How many servers are asked.
const MOST_SERVERS: usize = 3;
/// How many records of one answer are looked at.
const MOST_RECORDS: usize = 16;
/// The largest answer by UDP, in bytes.
const LARGEST: usize = 4 * 1024;

/// The name servers of this machine.
#[derive(Clone, Debug)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
}

/// Where a domain says that its calendars are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The server's name, in lower case and without a dot at its end.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Where to begin there, if the domain says.
    pub path: Option<String>,
}

/// What a domain says of its calendars.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Its servers that are encrypted, best first.
    pub encrypted: Vec<Service>,
    /// Whether there are such that are not.
    pub plain: bool,
    /// Why it could not be asked.
    pub failed: Option<String>,
}

/// A record as it is needed here.
#[derive(Debug)]
enum Record {
    Service {
        priority: u16,
        weight: u16,
        host: String,
        port: u16,
    },
    Path(String),
}

impl Resolver {
    /// The servers that this machine is told to ask; its own where none is named.
    #[must_use]
    pub fn of_the_system() -> Self {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        Self::named_in(&text)
    }

    fn named_in(text: &str) -> Self {
        let servers = text.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("nameserver")).then(|| words.next())?
        });
        // A zone behind the address (`fe80::1%eth0`) is beyond what is asked here.
        let servers = servers.filter_map(|word| word.parse::<IpAddr>().ok());
        let mut servers: Vec<IpAddr> = servers.take(MOST_SERVERS).collect();
        if servers.is_empty() {
            servers.push(Ipv4Addr::LOCALHOST.into());
        }
        let servers = servers.into_iter().map(|ip| SocketAddr::new(ip, 53));
        Self {
            servers: servers.collect(),
        }
    }

    /// Asks this server alone.
    #[must_use]
    pub fn at(server: SocketAddr) -> Self {
        Self {
            servers: vec![server],
        }
    }

    /// What a domain says of its calendars. A domain that cannot be asked says nothing.
    pub async fn services(&self, domain: &str) -> Services {
        let name = format!("_caldavs._tcp.{domain}");
        let records = match self.records(&name, TYPE::SRV).await {
            Ok(records) => records,
            Err(error) => {
                return Services {
                    failed: Some(error.to_string()),
                    ..Services::default()
                };
            }
        };
        let mut found: Vec<(u16, u16, Service)> = records.into_iter().filter_map(served).collect();
        // Lower priorities first, then higher weights (RFC 2782).
        found.sort_by_key(|(priority, weight, _)| (*priority, u16::MAX - *weight));
        let mut encrypted: Vec<Service> =
            found.into_iter().map(|(_, _, service)| service).collect();
        if encrypted.is_empty() {
            let name = format!("_caldav._tcp.{domain}");
            let plain = self.records(&name, TYPE::SRV).await.unwrap_or_default();
            return Services {
                plain: plain.into_iter().any(|record| served(record).is_some()),
                ..Services::default()
            };
        }
        let paths = self.records(&name, TYPE::TXT).await.unwrap_or_default();
        let path = paths.into_iter().find_map(|record| match record {
            Record::Path(path) => Some(path),
            Record::Service { .. } => None,
        });
        for service in &mut encrypted {
            service.path.clone_from(&path);
        }
        Services {
            encrypted,
            ..Services::default()
        }
    }

    async fn records(&self, name: &str, kind: TYPE) -> io::Result<Vec<Record>> {
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for _ in 0..TRIES {
            for server in &self.servers {
                match tokio::time::timeout(PATIENCE, ask(*server, name, kind)).await {
                    Ok(Ok(records)) => return Ok(records),
                    Ok(Err(error)) => last = error,
                    Err(_) => last = io::Error::other("no name server answered in time"),
                }
            }
        }
        Err(last)
    }
}

/// The name `.` says that there is no such service (RFC 2782).
fn served(record: Record) -> Option<(u16, u16, Service)> {
    match record {
        Record::Service {
            priority,
            weight,
            host,
            port,
        } if !host.is_empty() => {
            let path = None;
            Some((priority, weight, Service { host, port, path }))
        }
        Record::Service { .. } | Record::Path(_) => None,
    }
}

async fn ask(server: SocketAddr, name: &str, kind: TYPE) -> io::Result<Vec<Record>> {
    let id = rand::random();
    let question = question(id, name, kind)?;
    let here: IpAddr = if server.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let socket = UdpSocket::bind((here, 0)).await?;
    // Only that server's answers are received then.
    socket.connect(server).await?;
    socket.send(&question).await?;
    let mut answer = vec![0; LARGEST];
    loop {
        let read = socket.recv(&mut answer).await?;
        let answer = answer.get(..read).unwrap_or_default();
        match understood(answer, id, name, kind) {
            Reply::Records(records) => return Ok(records),
            Reply::Cut => break,
            Reply::Refused => return Err(io::Error::other("the name server refused to answer")),
            // Whatever it is, it is not the answer to this.
            Reply::Other => {}
        }
    }
    let answer = by_tcp(server, &question).await?;
    match understood(&answer, id, name, kind) {
        Reply::Records(records) => Ok(records),
        _ => Err(io::Error::other("the name server's answer makes no sense")),
    }
}

async fn by_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(question).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

fn question(id: u16, name: &str, kind: TYPE) -> io::Result<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(io::Error::other)?;
    let class = QCLASS::CLASS(CLASS::IN);
    let question = Question::new(name, QTYPE::TYPE(kind), class, false);
    packet.questions.push(question);
    packet.build_bytes_vec().map_err(io::Error::other)
}

enum Reply {
    Records(Vec<Record>),
    /// It does not fit into a datagram.
    Cut,
    Refused,
    Other,
}

fn understood(answer: &[u8], id: u16, name: &str, kind: TYPE) -> Reply {
    let Ok(packet) = Packet::parse(answer) else {
        return Reply::Other;
    };
    let asked = packet.questions.iter().any(|question| {
        question.qname.to_string().eq_ignore_ascii_case(name) && question.qtype == QTYPE::TYPE(kind)
    });
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) || !asked {
        return Reply::Other;
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Reply::Cut;
    }
    match packet.rcode() {
        RCODE::NoError | RCODE::NameError => {}
        _ => return Reply::Refused,
    }
    let records = packet
        .answers
        .iter()
        .filter_map(|answer| match &answer.rdata {
            RData::SRV(srv) => Some(Record::Service {
                priority: srv.priority,
                weight: srv.weight,
                host: srv.target.to_string().trim_end_matches('.').to_lowercase(),
                port: srv.port,
            }),
            RData::TXT(txt) => txt.attributes().remove("path")?.map(Record::Path),
            _ => None,
        });
    Reply::Records(records.take(MOST_RECORDS).collect())
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
