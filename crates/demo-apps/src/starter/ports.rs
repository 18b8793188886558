//! Which ports the demo listens on.

use crate::demo_file::Ports;
use crate::fault::Fault;
use clap::Args;
use std::net::TcpListener;

/// The ports of a demo whose owner names none.
const DEFAULT: Ports =
    Ports { issuer: 8400, hrm: 8401, staff_portal: 8402, fieldreport: 8403, mailbox: 8425, smtp: 8426 };

/// Ports named on the command line.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct PortChoice {
    /// Portvakt's port [default: 8400]
    #[arg(long = "issuer-port", value_name = "N")]
    issuer: Option<u16>,
    /// HRM's port [default: 8401]
    #[arg(long = "hrm-port", value_name = "N")]
    hrm: Option<u16>,
    /// The staff portal's port [default: 8402]
    #[arg(long = "staff-portal-port", value_name = "N")]
    staff_portal: Option<u16>,
    /// Fieldreport's port [default: 8403]
    #[arg(long = "fieldreport-port", value_name = "N")]
    fieldreport: Option<u16>,
    /// The mailbox page's port [default: 8425]
    #[arg(long = "mailbox-port", value_name = "N")]
    mailbox: Option<u16>,
    /// The mailbox's SMTP port [default: 8426]
    #[arg(long = "smtp-port", value_name = "N")]
    smtp: Option<u16>,
}

impl PortChoice {
    /// The ports of this start. Those of an earlier one stay: the apps were registered under them.
    pub fn choose(self, before: Option<Ports>) -> Result<Ports, Fault> {
        let base = before.unwrap_or(DEFAULT);
        let wanted = Ports {
            issuer: self.issuer.unwrap_or(base.issuer),
            hrm: self.hrm.unwrap_or(base.hrm),
            staff_portal: self.staff_portal.unwrap_or(base.staff_portal),
            fieldreport: self.fieldreport.unwrap_or(base.fieldreport),
            mailbox: self.mailbox.unwrap_or(base.mailbox),
            smtp: self.smtp.unwrap_or(base.smtp),
        };
        if before.is_some_and(|before| before != wanted) {
            return Err(Fault::new(
                "This demo was set up with other ports, and its apps are registered under them: choose a new folder with \
                 --data DIR to use these.",
            ));
        }
        Ok(wanted)
    }
}

/// A sentence about the first port that somebody else has.
pub fn check_free(ports: &Ports) -> Result<(), Fault> {
    let all = [
        ("Portvakt", ports.issuer, "--issuer-port"),
        ("HRM", ports.hrm, "--hrm-port"),
        ("the staff portal", ports.staff_portal, "--staff-portal-port"),
        ("Fieldreport", ports.fieldreport, "--fieldreport-port"),
        ("the mailbox's page", ports.mailbox, "--mailbox-port"),
        ("the mailbox's SMTP", ports.smtp, "--smtp-port"),
    ];
    let mut held = Vec::new();
    for (name, port, flag) in all {
        // Held until all were tried, so that two with the same number are found too.
        held.push(TcpListener::bind(("127.0.0.1", port)).map_err(Fault::doing(format!(
            "Port {port} of 127.0.0.1, meant for {name}, can't be used; stop what uses it, or choose another with {flag} N \
             (and a new folder with --data DIR, if this demo has run before)"
        )))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_keeps_its_ports_and_says_why_others_wont_do() {
        let mine = Ports { issuer: 9000, ..DEFAULT };
        assert_eq!(PortChoice::default().choose(Some(mine)), Ok(mine));
        let other = PortChoice { hrm: Some(9001), ..PortChoice::default() };
        assert!(other.choose(Some(mine)).unwrap_err().to_string().contains("--data"));
        assert_eq!(other.choose(None), Ok(Ports { hrm: 9001, ..DEFAULT }));
    }

    #[test]
    fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let ports = Ports { issuer: port, ..DEFAULT };
        let said = check_free(&ports).unwrap_err().to_string();
        assert!(said.contains(&port.to_string()) && said.contains("--issuer-port"), "{said}");
    }
}
