/** Node treats a longer timeout as 1 ms. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1
