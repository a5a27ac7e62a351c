//! Notices that the network is there again: the routes out of this machine changed.
//!
//! Where there is no such list of routes (not Linux), nothing is ever noticed, and the next pass
//! comes when it is due.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::Wake;

const LOOK_EVERY: Duration = Duration::from_secs(5);
const ROUTES: [&str; 2] = ["/proc/self/net/route", "/proc/self/net/ipv6_route"];

/// Looks every 5 s and sends a wake when there is a way out that was not there, until the receiver
/// is gone.
pub async fn watch(wake: mpsc::Sender<Wake>) {
    let mut before = look().await;
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let now = look().await;
        let back = now.iter().any(|route| !before.contains(route));
        before = now;
        if back && wake.send(Wake::Network).await.is_err() {
            return;
        }
    }
}

async fn look() -> Vec<String> {
    let mut all = Vec::new();
    for path in ROUTES {
        let text = tokio::fs::read_to_string(Path::new(path)).await;
        all.extend(ways_out(&text.unwrap_or_default()));
    }
    all
}

/// The default routes, as interface and gateway: their counters and metrics may change at any time.
fn ways_out(routes: &str) -> Vec<String> {
    let ways = routes.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            // IPv4: interface, destination, gateway, …, mask in the eighth place.
            [interface, "00000000", gateway, _, _, _, _, "00000000", ..] => {
                Some(format!("{interface} {gateway}"))
            }
            // IPv6: destination, its length, source, its length, gateway, …, interface at the end.
            [destination, "00", _, _, gateway, .., interface]
                if destination.len() == 32
                    && destination.bytes().all(|digit| digit == b'0')
                    && *interface != "lo" =>
            {
                Some(format!("{interface} {gateway}"))
            }
            _ => None,
        }
    });
    ways.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPV4: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
        wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n";
    const IPV6: &str = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000000000000000abcd 00000400 00000001 00000000 00000003    wlan0\n\
        00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

    #[test]
    fn only_ways_out_of_the_machine_count() {
        assert_eq!(ways_out(IPV4), ["wlan0 0101A8C0"]);
        assert_eq!(ways_out(IPV6), ["wlan0 fe80000000000000000000000000abcd"]);
        assert_eq!(ways_out(""), [""; 0]);
        assert_eq!(ways_out("nonsense \u{1F600}\n\n00000000"), [""; 0]);
    }

    #[test]
    fn a_metric_that_changes_is_no_other_way() {
        assert_eq!(ways_out(IPV4), ways_out(&IPV4.replace("600", "100")));
    }
}
