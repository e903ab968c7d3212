import { isFailure } from './failure.js'

/**
 * Removes the rows that are not locked, and returns their number. Tries ever smaller halves of the rows. `remove` must
 * fail if any of the rows that it gets is locked.
 */
export async function removeByHalves(
  ids: readonly number[],
  remove: (ids: readonly number[]) => Promise<number>,
): Promise<number> {
  try {
    return await remove(ids)
  } catch (error) {
    if (!isFailure(error, 'locked')) throw error
  }
  if (ids.length === 1) return 0
  const half = ids.length >> 1
  return (await removeByHalves(ids.slice(0, half), remove)) + (await removeByHalves(ids.slice(half), remove))
}
