/** Handles the rejection of any promise. Calls no method of a native one: a program may have replaced `then`. */
export async function handleRejection(value: unknown, failed: (error: unknown) => void = () => {}): Promise<void> {
  try {
    await value
  } catch (error) {
    failed(error)
  }
}
