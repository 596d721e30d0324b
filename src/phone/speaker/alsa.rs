//! ALSA's library, opened when the program runs: the program is built without its headers and starts without it. Names, numbers
//! and signatures are those of <alsa/pcm.h> and <alsa/error.h>, stable since ALSA 1.0 (libasound.so.2).
#![expect(unsafe_code, reason = "functions of a library in C can be called in no other way")]

use std::ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::ptr::NonNull;
use std::time::Duration;

use libloading::Library;

use super::Silent;

const BLOCKING: c_int = 0;
const INTERLEAVED: c_int = 3;
const MONO: c_uint = 1;
/// Signed 16 bits in the machine's order of bytes.
const FORMAT: c_int = if cfg!(target_endian = "little") { 2 } else { 3 };

/// What a device holds before it is heard, or taken: three frames, so that one which comes late leaves no gap.
pub(in crate::phone) const LATENCY: Duration = Duration::from_millis(60);

/// Which way the sound goes, as the library numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::phone) enum Direction {
    /// To the loudspeaker.
    Playback = 0,
    /// From the microphone.
    Capture = 1,
}

type Handle = *mut c_void;
type OnError = extern "C" fn();

/// The functions that are used.
struct Alsa {
    set_error_handler: unsafe extern "C" fn(OnError) -> c_int,
    explain: unsafe extern "C" fn(c_int) -> *const c_char,
    open: unsafe extern "C" fn(*mut Handle, *const c_char, c_int, c_int) -> c_int,
    set_params: unsafe extern "C" fn(Handle, c_int, c_int, c_uint, c_uint, c_int, c_uint) -> c_int,
    write: unsafe extern "C" fn(Handle, *const i16, c_ulong) -> c_long,
    read: unsafe extern "C" fn(Handle, *mut i16, c_ulong) -> c_long,
    recover: unsafe extern "C" fn(Handle, c_int, c_int) -> c_int,
    drain: unsafe extern "C" fn(Handle) -> c_int,
    close: unsafe extern "C" fn(Handle) -> c_int,
}

/// Takes the place of the handler that writes to standard error, where it would tear the screen. It is called with arguments,
/// and looks at none; who calls a C function takes them off the stack.
extern "C" fn say_nothing() {}

impl Alsa {
    fn load() -> Result<Self, libloading::Error> {
        // SAFETY: libasound's initialisers ask nothing of who loads it. Each signature is that of the header, and the library
        // stays in memory for good, since plug-ins of it may have threads of their own: no pointer outlives it.
        unsafe {
            let library: &'static Library = Box::leak(Box::new(Library::new("libasound.so.2")?));
            Ok(Self {
                set_error_handler: *library.get("snd_lib_error_set_handler")?,
                explain: *library.get("snd_strerror")?,
                open: *library.get("snd_pcm_open")?,
                set_params: *library.get("snd_pcm_set_params")?,
                write: *library.get("snd_pcm_writei")?,
                read: *library.get("snd_pcm_readi")?,
                recover: *library.get("snd_pcm_recover")?,
                drain: *library.get("snd_pcm_drain")?,
                close: *library.get("snd_pcm_close")?,
            })
        }
    }

    fn silent(&self, code: c_int) -> Silent {
        // SAFETY: the answer is a string that ends with a zero and lives as long as the library.
        let why = unsafe { CStr::from_ptr((self.explain)(code)) };
        Silent(format!("no sound device: {}", why.to_string_lossy()))
    }

    fn checked(&self, code: c_int) -> Result<(), Silent> {
        if code < 0 { Err(self.silent(code)) } else { Ok(()) }
    }
}

/// The default device, open for one channel.
pub(in crate::phone) struct Pcm {
    alsa: Alsa,
    handle: NonNull<c_void>,
}

// SAFETY: ALSA's functions may be called from any thread, as long as one at a time uses a handle, and there is one owner.
unsafe impl Send for Pcm {}

impl Pcm {
    /// Opens the default device for samples at this rate; what it holds before it is heard is as long as `latency`.
    pub(in crate::phone) fn open(direction: Direction, rate: u32, latency: Duration) -> Result<Self, Silent> {
        let alsa = Alsa::load().map_err(|error| Silent(format!("no sound library: {error}")))?;
        let mut handle: Handle = std::ptr::null_mut();
        // SAFETY: the handle is written before a code that is not negative is returned, and the name ends with a zero.
        let opened = unsafe {
            (alsa.set_error_handler)(say_nothing);
            (alsa.open)(&raw mut handle, c"default".as_ptr(), direction as c_int, BLOCKING)
        };
        alsa.checked(opened)?;
        let Some(handle) = NonNull::new(handle) else { return Err(Silent("no sound device".to_owned())) };
        let pcm = Self { alsa, handle };
        let latency = c_uint::try_from(latency.as_micros()).unwrap_or(c_uint::MAX);
        let resampled = 1;
        // SAFETY: the handle is open.
        let set = unsafe {
            (pcm.alsa.set_params)(pcm.handle.as_ptr(), FORMAT, INTERLEAVED, MONO, rate, resampled, latency)
        };
        pcm.alsa.checked(set)?;
        Ok(pcm)
    }

    /// Writes samples; waits until the device has room for them. What a device lost because nothing came for a while is
    /// recovered.
    pub(super) fn write(&mut self, mut samples: &[i16]) -> Result<(), Silent> {
        while !samples.is_empty() {
            // SAFETY: the handle is open, and reads so many samples of one channel from the slice.
            let written = unsafe {
                (self.alsa.write)(self.handle.as_ptr(), samples.as_ptr(), samples.len() as c_ulong)
            };
            match usize::try_from(written) {
                Ok(written) => samples = samples.get(written..).unwrap_or_default(),
                Err(_) => self.recover(written)?,
            }
        }
        Ok(())
    }

    /// Reads samples; waits until so many have come. What came while nobody read is lost.
    pub(in crate::phone) fn read(&mut self, mut samples: &mut [i16]) -> Result<(), Silent> {
        while !samples.is_empty() {
            // SAFETY: the handle is open, and writes so many samples of one channel to the slice.
            let read = unsafe {
                (self.alsa.read)(self.handle.as_ptr(), samples.as_mut_ptr(), samples.len() as c_ulong)
            };
            match usize::try_from(read) {
                Ok(read) => samples = samples.get_mut(read..).unwrap_or_default(),
                Err(_) => self.recover(read)?,
            }
        }
        Ok(())
    }

    fn recover(&mut self, code: c_long) -> Result<(), Silent> {
        let (code, silently) = (c_int::try_from(code).unwrap_or(c_int::MIN), 1);
        // SAFETY: the handle is open.
        let recovered = unsafe { (self.alsa.recover)(self.handle.as_ptr(), code, silently) };
        self.alsa.checked(recovered)
    }

    /// Waits until everything written was played.
    pub(super) fn finish(self) -> Result<(), Silent> {
        // SAFETY: the handle is open.
        let drained = unsafe { (self.alsa.drain)(self.handle.as_ptr()) };
        self.alsa.checked(drained)
    }
}

impl Drop for Pcm {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and is used no more.
        unsafe { (self.alsa.close)(self.handle.as_ptr()) };
    }
}
