//! Work that is carried out to its end, though the client that asked for it may have gone.

/// Runs work in a task of its own: a handler ends with its connection, and what has begun must not stay half done.
/// Returns nothing if the program ends meanwhile.
///
/// # Panics
/// As the work does.
pub(super) async fn run_detached<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    match tokio::spawn(work).await {
        Ok(done) => Some(done),
        Err(ended) => {
            if let Ok(panic) = ended.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
            None
        }
    }
}
