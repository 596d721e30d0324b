//! G.711: the µ-law and A-law codes in which the telephone network carries speech, one byte a sample.
//!
//! The arithmetic is the crate `audio-codec-algorithms`'s; here are the names and numbers that RTP gives the two
//! laws (RFC 3551, section 6).

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};

/// One of the two laws of ITU-T G.711. Samples are linear, 16 bits; a full-scale sine is +3.17 dBm0 in µ-law and
/// +3.14 dBm0 in A-law.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Law {
    /// µ-law, of North America and Japan.
    Pcmu,
    /// A-law, of the rest of the world and of international lines.
    Pcma,
}

impl Law {
    /// Both laws, in the order of their payload types.
    pub const ALL: [Self; 2] = [Self::Pcmu, Self::Pcma];

    /// Its name in SDP.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Its static RTP payload type (RFC 3551, table 4).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The law with this static RTP payload type.
    #[must_use]
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|law| law.payload_type() == payload_type)
    }

    /// The code of silence: what the law makes of the sample 0. A-law has no code for 0; it decodes to 8.
    #[must_use]
    pub const fn silence(self) -> u8 {
        match self {
            Self::Pcmu => 0xFF,
            Self::Pcma => 0xD5,
        }
    }

    /// The code of one sample. What is louder than the law's last step gets the code of that step.
    #[must_use]
    pub fn encode_sample(self, sample: i16) -> u8 {
        match self {
            Self::Pcmu => encode_ulaw(sample),
            Self::Pcma => encode_alaw(sample),
        }
    }

    /// The sample that one code stands for.
    #[must_use]
    pub fn decode_sample(self, code: u8) -> i16 {
        match self {
            Self::Pcmu => decode_ulaw(code),
            Self::Pcma => decode_alaw(code),
        }
    }

    /// Appends the codes of these samples, one each.
    pub fn encode(self, samples: &[i16], codes: &mut Vec<u8>) {
        match self {
            Self::Pcmu => codes.extend(samples.iter().map(|sample| encode_ulaw(*sample))),
            Self::Pcma => codes.extend(samples.iter().map(|sample| encode_alaw(*sample))),
        }
    }

    /// Appends the samples that these codes stand for, one each.
    pub fn decode(self, codes: &[u8], samples: &mut Vec<i16>) {
        match self {
            Self::Pcmu => samples.extend(codes.iter().map(|code| decode_ulaw(*code))),
            Self::Pcma => samples.extend(codes.iter().map(|code| decode_alaw(*code))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    /// µ-law's zero below zero: it decodes to 0 as 0xFF does, and 0 is encoded as 0xFF.
    const NEGATIVE_ZERO: u8 = 0x7F;

    /// The level of the loudest sine that A-law carries, in dBm0.
    #[expect(clippy::approx_constant, reason = "a level that happens to look like pi")]
    const LOUDEST_PCMA: f64 = 3.14;

    fn through(law: Law, samples: &[i16]) -> Vec<i16> {
        let (mut codes, mut back) = (Vec::new(), Vec::new());
        law.encode(samples, &mut codes);
        law.decode(&codes, &mut back);
        back
    }

    /// In dB below a sine that reaches `full_scale`.
    fn below_full_scale(samples: &[i16], full_scale: f64) -> f64 {
        let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        10.0 * (full_scale.powi(2) / 2.0 / (power / samples.len() as f64)).log10()
    }

    #[test]
    fn every_code_comes_back_from_the_sample_it_stands_for() {
        for law in Law::ALL {
            for code in 0..=u8::MAX {
                let back = law.encode_sample(law.decode_sample(code));
                let zero = law == Law::Pcmu && code == NEGATIVE_ZERO;
                assert_eq!(back, if zero { law.silence() } else { code }, "{law:?} {code:#04x}");
            }
        }
    }

    #[test]
    fn slices_are_coded_sample_by_sample_and_appended() {
        let codes: Vec<u8> = (0..=u8::MAX).collect();
        for law in Law::ALL {
            let mut samples = vec![7];
            law.decode(&codes, &mut samples);
            assert_eq!(samples[0], 7);
            assert!(
                codes.iter().zip(&samples[1..]).all(|(code, sample)| law.decode_sample(*code) == *sample)
            );
            let mut again = vec![7];
            law.encode(&samples[1..], &mut again);
            assert_eq!(again[0], 7);
            assert!(
                samples[1..]
                    .iter()
                    .zip(&again[1..])
                    .all(|(sample, code)| law.encode_sample(*sample) == *code)
            );
            assert_eq!(again.len(), samples.len());
        }
    }

    /// The positive half of G.711's tables at the ends of each segment: the character signal as it is sent, the
    /// decision values on both sides of it, and its quantized value. Those of A-law (table 1a) count steps of 8,
    /// those of µ-law (table 2a) steps of 4.
    #[test]
    fn codes_and_values_are_those_that_the_recommendation_publishes() {
        let pcma: &[(u8, i32, i32, i32)] = &[
            (0xAA, 3968, 4096, 4032),
            (0xA5, 2048, 2176, 2112),
            (0xBA, 1984, 2048, 2016),
            (0xB5, 1024, 1088, 1056),
            (0x85, 512, 544, 528),
            (0x95, 256, 272, 264),
            (0xE5, 128, 136, 132),
            (0xF5, 64, 68, 66),
            (0xD5, 0, 2, 1),
        ];
        let pcmu: &[(u8, i32, i32, i32)] = &[
            (0x80, 7903, 8159, 8031),
            (0x8F, 4063, 4319, 4191),
            (0x9F, 2015, 2143, 2079),
            (0xAF, 991, 1055, 1023),
            (0xBF, 479, 511, 495),
            (0xCF, 223, 239, 231),
            (0xDF, 95, 103, 99),
            (0xEF, 31, 35, 33),
            (0xFE, 1, 3, 2),
            (0xFF, 0, 1, 0),
        ];
        for (law, step, table) in [(Law::Pcma, 8, pcma), (Law::Pcmu, 4, pcmu)] {
            for (code, from, to, value) in table {
                assert_eq!(i32::from(law.decode_sample(*code)), value * step, "{law:?} {code:#04x}");
                for sample in [from * step, to * step - 1] {
                    let sample = i16::try_from(sample).unwrap();
                    assert_eq!(law.encode_sample(sample), *code, "{law:?} {sample}");
                    let below = law.encode_sample(-sample - 1);
                    assert_eq!(below, *code & 0x7F, "{law:?} {}", -sample - 1);
                }
            }
        }
    }

    #[test]
    fn the_published_tone_of_1_khz_has_a_level_of_0_dbm0() {
        let pcma = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4];
        let pcmu = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E];
        for (law, period, full_scale, headroom) in
            [(Law::Pcma, pcma, 4096.0 * 8.0, LOUDEST_PCMA), (Law::Pcmu, pcmu, 8159.0 * 4.0, 3.17)]
        {
            let mut samples = Vec::new();
            law.decode(&period, &mut samples);
            let level = below_full_scale(&samples, full_scale);
            assert!((level - headroom).abs() < 0.01, "{law:?}: {level} dB below full scale");
        }
    }

    #[test]
    fn companding_is_monotonic_within_half_a_step() {
        for law in Law::ALL {
            let mut last = i16::MIN;
            for sample in i16::MIN..=i16::MAX {
                let back = law.decode_sample(law.encode_sample(sample));
                assert!(back >= last, "{law:?} {sample}: {back} after {last}");
                last = back;
                // The widest step spans 1024; what is louder than the last is held there.
                assert!((i32::from(back) - i32::from(sample)).abs() <= 644, "{law:?} {sample}: {back}");
            }
        }
    }

    /// The limits are those of ITU-T G.712 for a sine through a whole channel.
    #[test]
    fn a_tone_keeps_its_distance_from_the_noise_of_the_steps() {
        for law in Law::ALL {
            for (level, least) in
                [(0.0, 33.0), (-10.0, 33.0), (-20.0, 33.0), (-30.0, 33.0), (-40.0, 27.0), (-45.0, 22.0)]
            {
                let amplitude = 32_768.0 * f64::powf(10.0, (level - LOUDEST_PCMA) / 20.0);
                let tone: Vec<i16> = (0..8_000)
                    .map(|at| {
                        (amplitude * f64::sin(2.0 * PI * 1_020.0 * f64::from(at) / 8_000.0)).round() as i16
                    })
                    .collect();
                let noise: Vec<i16> =
                    through(law, &tone).iter().zip(&tone).map(|(back, sample)| back - sample).collect();
                let distance = below_full_scale(&noise, 32_768.0) - below_full_scale(&tone, 32_768.0);
                assert!(distance >= least, "{law:?} at {level} dBm0: {distance} dB");
            }
        }
    }

    #[test]
    fn silence_is_the_code_of_the_sample_zero() {
        for law in Law::ALL {
            assert_eq!(law.encode_sample(0), law.silence());
        }
        assert_eq!((Law::Pcmu.decode_sample(0xFF), Law::Pcma.decode_sample(0xD5)), (0, 8));
    }

    #[test]
    fn rtp_names_the_laws_by_type_and_in_sdp() {
        assert_eq!(Law::from_payload_type(0).map(Law::name), Some("PCMU"));
        assert_eq!(Law::from_payload_type(8).map(Law::name), Some("PCMA"));
        assert_eq!(Law::from_payload_type(18), None);
    }
}
