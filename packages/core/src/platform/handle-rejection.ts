/**
 * Handles the rejection of any promise. Does not call `then` of a native promise, because an application may have
 * replaced it.
 */
export async function handleRejection(value: unknown, failed: (error: unknown) => void = () => {}): Promise<void> {
  try {
    await value
  } catch (error) {
    failed(error)
  }
}
