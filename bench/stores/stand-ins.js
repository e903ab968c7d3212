/** The folder of the stand-ins from the driver tests, after `tsc -b bench/stand-ins` has compiled them. */
const STAND_INS = new URL('../stand-ins/dist/packages/drivers/test/stand-ins/', import.meta.url)
const NOTE =
  'The server is a stand-in. The figures are CPU time of the client: the cost of the drivers without the store.'

/**
 * Resolves to the server whose address is in the variable `OSPROFILER_TEST_..._URL`. If this variable is not set,
 * starts a stand-in and resolves to that: {url, stop(), standIn?, note?, byCpuTime?}.
 *
 * @param file the stand-in's file
 * @param start starts the stand-in with the exports of that file
 * @param toUrl returns the stand-in's connection string
 */
export async function openServer(name, { file, start, toUrl }) {
  const url = process.env[`OSPROFILER_TEST_${name.toUpperCase()}_URL`]
  if (url !== undefined) return { url, stop: async () => {} }
  const standIn = await start(await import(new URL(`${file}.js`, STAND_INS).href))
  return { url: toUrl(standIn), stop: () => standIn.kill(), standIn, note: NOTE, byCpuTime: true }
}
