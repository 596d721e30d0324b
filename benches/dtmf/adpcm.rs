//! Sound through 4-bit ADPCM: IMA's, and Dialogic's of VOX files.

use audio_codec_algorithms::{AdpcmImaState, decode_adpcm_ima, encode_adpcm_ima};

/// There and back in IMA ADPCM.
pub(crate) fn ima(samples: &mut [i16]) {
    let (mut there, mut back) = (AdpcmImaState::new(), AdpcmImaState::new());
    for out in samples {
        *out = decode_adpcm_ima(encode_adpcm_ima(*out, &mut there), &mut back);
    }
}

/// There and back in Dialogic ADPCM ("Dialogic ADPCM Algorithm", Dialogic Corporation, 1988), which has 12 bits.
pub(crate) fn vox(samples: &mut [i16]) {
    let mut state = Vox::default();
    for out in samples {
        let code = state.encode(i32::from(*out) >> 4);
        *out = i16::try_from(state.decode(code) << 4).expect("12 bits and 4 more");
    }
}

/// The steps of the quantizer, each a tenth more than the one before.
const STEPS: [i32; 49] = [
    16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157,
    173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
    1166, 1282, 1411, 1552,
];

/// How the step moves on with the size of a code.
const MOVES: [isize; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// What both ends know: the coder follows the decoder.
#[derive(Default)]
struct Vox {
    value: i32,
    step: usize,
}

impl Vox {
    fn encode(&self, wanted: i32) -> u8 {
        let (difference, step) = (wanted - self.value, STEPS[self.step]);
        let mut left = difference.abs();
        let mut code = 0;
        for (bit, part) in [(4, step), (2, step / 2), (1, step / 4)] {
            if left >= part {
                code |= bit;
                left -= part;
            }
        }
        code | if difference < 0 { 8 } else { 0 }
    }

    fn decode(&mut self, code: u8) -> i32 {
        let step = STEPS[self.step];
        let parts = [(4, step), (2, step / 2), (1, step / 4)];
        let size =
            step / 8 + parts.iter().filter(|(bit, _)| code & bit != 0).map(|(_, part)| part).sum::<i32>();
        self.value = (self.value + if code & 8 == 0 { size } else { -size }).clamp(-2048, 2047);
        self.step = self.step.saturating_add_signed(MOVES[usize::from(code & 7)]).min(STEPS.len() - 1);
        self.value
    }
}
