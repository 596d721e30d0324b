//! The names in a message: methods and header fields.

use std::fmt;

/// A request method. Methods are case-sensitive (RFC 3261 section 7.1): `invite` is an extension method.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Method {
    /// RFC 3261 section 13.
    Invite,
    /// RFC 3261 section 17.1.1.3.
    Ack,
    /// RFC 3261 section 15.
    Bye,
    /// RFC 3261 section 9.
    Cancel,
    /// RFC 3261 section 11.
    Options,
    /// RFC 3261 section 10.
    Register,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 6086.
    Info,
    /// Any other token.
    Extension(Box<str>),
}

impl Method {
    const KNOWN: [Self; 9] = [
        Self::Invite,
        Self::Ack,
        Self::Bye,
        Self::Cancel,
        Self::Options,
        Self::Register,
        Self::Prack,
        Self::Update,
        Self::Info,
    ];

    /// Returns the method of this name; nothing if it is not a token (RFC 3261 section 25.1).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let known = Self::KNOWN.into_iter().find(|method| method.as_str() == name);
        known.or_else(|| is_token(name).then(|| Self::Extension(name.into())))
    }

    /// Returns the method as it stands in a message.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Extension(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a text is a token (RFC 3261 section 25.1): what methods, header names and most parameters are made of.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

pub(super) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

macro_rules! header_names {
    ($($variant:ident $name:literal $($compact:literal)?,)+) => {
        /// The name of a header field: those that this program reads or writes, and any other. Names are compared
        /// without regard to case (RFC 3261 section 7.3.1), the compact form reads as the long one (section 7.3.3),
        /// and a known name is always printed in its long form.
        #[derive(Clone, Debug)]
        #[allow(missing_docs)]
        pub enum HeaderName {
            $($variant,)+
            Other(Box<str>),
        }

        impl HeaderName {
            /// Returns the name that this token stands for; nothing if it is not a token.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                if !is_token(name) {
                    return None;
                }
                $(
                    if name.eq_ignore_ascii_case($name) $(|| name.eq_ignore_ascii_case($compact))? {
                        return Some(Self::$variant);
                    }
                )+
                Some(Self::Other(name.into()))
            }

            /// Returns the name as it is printed.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                }
            }
        }
    };
}

header_names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    MaxForwards "Max-Forwards",
    Contact "Contact" "m",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    Route "Route",
    RecordRoute "Record-Route",
    Allow "Allow",
    Supported "Supported" "k",
    Require "Require",
    ProxyRequire "Proxy-Require",
    Unsupported "Unsupported",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    ContentEncoding "Content-Encoding" "e",
    ContentDisposition "Content-Disposition",
    UserAgent "User-Agent",
    Server "Server",
    Expires "Expires",
    RetryAfter "Retry-After",
    Reason "Reason",
    Warning "Warning",
    Timestamp "Timestamp",
    SessionExpires "Session-Expires" "x",
    MinSe "Min-SE",
    RSeq "RSeq",
    RAck "RAck",
    Authorization "Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyAuthenticate "Proxy-Authenticate",
    PAssertedIdentity "P-Asserted-Identity",
    Privacy "Privacy",
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(one), Self::Other(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }
}

impl Eq for HeaderName {}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
