/**
 * Handles the rejection of a value that may be a promise of any kind. It calls no method of a native promise: a program
 * may have replaced `then` and `catch`.
 */
export async function handleRejection(value: unknown, failed: (error: unknown) => void = () => {}): Promise<void> {
  try {
    await value
  } catch (error) {
    failed(error)
  }
}
