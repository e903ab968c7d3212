/**
 * Handles the rejection of any promise. Does not call a native promise's `then`, because an application may have
 * replaced that method.
 */
export async function handleRejection(value: unknown, failed: (error: unknown) => void = () => {}): Promise<void> {
  try {
    await value
  } catch (error) {
    failed(error)
  }
}
