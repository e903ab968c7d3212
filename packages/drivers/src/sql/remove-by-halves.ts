import { isFailure } from './failure.js'

/**
 * Removes the unlocked rows by repeated halving, and returns their number. `remove` must fail if any of its rows is
 * locked.
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
