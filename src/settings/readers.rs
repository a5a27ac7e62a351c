//! Who on this machine can read a file, by its owner, its group and its mode.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Who can read a file that holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, root, and whom they chose.
    Few,
    /// A group with others in it; its name, or its number.
    Group(String),
    /// Everybody.
    Everybody,
}

/// The users and groups of this machine (passwd(5), group(5)); those of a directory service are not
/// among them.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    passwd: String,
    group: String,
}

impl Accounts {
    /// Reads `passwd` and `group` of a directory; what is not there is empty.
    #[must_use]
    pub fn of(etc: &Path) -> Self {
        let read = |name| std::fs::read_to_string(etc.join(name)).unwrap_or_default();
        Self {
            passwd: read("passwd"),
            group: read("group"),
        }
    }

    fn name_of(&self, uid: u32) -> Option<&str> {
        let mut lines = self.passwd.lines().map(fields);
        let line = lines.find(|line| number(line, 2) == Some(uid))?;
        line.first().copied()
    }

    /// What a group with others in it is called. Root reads everything; and a group that is called
    /// like a user is that user's own.
    fn with_others(&self, gid: u32, uid: u32) -> Option<String> {
        let mut groups = self.group.lines().map(fields);
        let Some(group) = groups.find(|line| number(line, 2) == Some(gid)) else {
            // Of a directory service: where each user has a group, it usually has the same number.
            return (gid != uid).then(|| gid.to_string());
        };
        let name = group.first().copied().unwrap_or_default();
        let is_other = |user: &str| {
            !user.is_empty() && user != "root" && user != name && Some(user) != self.name_of(uid)
        };
        let listed = group.get(3).into_iter().flat_map(|users| users.split(','));
        let users = self.passwd.lines().map(fields);
        let of_it = users.filter(|line| number(line, 3) == Some(gid));
        let of_it = of_it.filter_map(|line| line.first().copied());
        let mut members = listed.chain(of_it);
        members.any(is_other).then(|| name.to_owned())
    }
}

fn fields(line: &str) -> Vec<&str> {
    line.trim().split(':').collect()
}

fn number(line: &[&str], at: usize) -> Option<u32> {
    line.get(at)?.parse().ok()
}

/// Who can read a file. Whoever reads it through its group, and not as its owner, was let in on
/// purpose: that group is not looked at.
#[must_use]
pub fn of_file(path: &Path, us: u32, accounts: &Accounts) -> Readers {
    let Ok(file) = std::fs::metadata(path) else {
        return Readers::Few;
    };
    if !file.is_file() {
        return Readers::Few;
    }
    if file.mode() & 0o004 != 0 {
        return Readers::Everybody;
    }
    let through_group = file.mode() & 0o040 != 0 && file.uid() == us && file.gid() != 0;
    let others = through_group.then(|| accounts.with_others(file.gid(), us));
    others.flatten().map_or(Readers::Few, Readers::Group)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use rstest::rstest;

    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n\
        bob:x:1001:100::/home/bob:/bin/sh\ncarol:x:1002:100::/home/carol:/bin/sh\n\
        slotbridge:x:990:990::/var/lib/slotbridge:/usr/sbin/nologin\n";
    const GROUP: &str = "root:x:0:\nusers:x:100:\nalice:x:1000:root\nfamily:x:1500:alice,bob\n\
        alone:x:1501:alice\nslotbridge:x:990:\nadmins:x:27:alice,slotbridge\n";

    #[rstest]
    #[case::private(1000, 1000, None)]
    #[case::alone_in_it(1501, 1000, None)]
    #[case::shared(1500, 1000, Some("family"))]
    #[case::of_the_service(990, 0, None)]
    #[case::of_more_than_the_service(27, 0, Some("admins"))]
    #[case::everybodys_first_group(100, 1001, Some("users"))]
    #[case::of_a_directory_service(70_000, 70_000, None)]
    #[case::of_a_directory_service_and_shared(70_001, 70_000, Some("70001"))]
    fn a_group_with_others_in_it_is_named(
        #[case] gid: u32,
        #[case] uid: u32,
        #[case] named: Option<&str>,
    ) {
        let accounts = Accounts {
            passwd: PASSWD.to_owned(),
            group: GROUP.to_owned(),
        };
        assert_eq!(accounts.with_others(gid, uid).as_deref(), named);
    }

    /// The file is this process's own, its group is the one that is called family.
    #[rstest]
    #[case::closed(0o600, true, Readers::Few)]
    #[case::everybody(0o644, true, Readers::Everybody)]
    #[case::everybody_of_somebody_elses(0o604, false, Readers::Everybody)]
    #[case::group(0o640, true, Readers::Group("family".to_owned()))]
    #[case::through_the_group(0o640, false, Readers::Few)]
    fn who_reads_as_the_owner_is_told_of_the_group(
        #[case] mode: u32,
        #[case] own: bool,
        #[case] expected: Readers,
    ) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("secret");
        fs::write(&path, "hush").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let file = fs::metadata(&path).unwrap();
        // Root's own group is never one to tell of: then the file is given to another.
        let gid = if file.gid() == 0 { 1500 } else { file.gid() };
        std::os::unix::fs::chown(&path, None, Some(gid)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let accounts = Accounts {
            passwd: format!(
                "me:x:{}:1::/:/bin/sh\nbob:x:4000000:2::/:/bin/sh\n",
                file.uid()
            ),
            group: format!("family:x:{gid}:me,bob\n"),
        };
        let us = if own { file.uid() } else { file.uid() + 1 };
        assert_eq!(of_file(&path, us, &accounts), expected);
    }

    #[test]
    fn a_machine_without_accounts_has_none() {
        let nowhere = Accounts::of(Path::new("/nowhere"));
        assert_eq!((nowhere.passwd.as_str(), nowhere.group.as_str()), ("", ""));
        assert_eq!(of_file(Path::new("/nowhere"), 0, &nowhere), Readers::Few);
    }
}
