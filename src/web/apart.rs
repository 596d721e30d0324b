//! What is carried out to its end, though whoever asked for it may have gone.

/// Carries something out in a task of its own: a handler ends with its connection, and what was begun is not left half
/// done. Nothing, if the program ends meanwhile.
///
/// # Panics
/// As the work does.
pub(super) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
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
