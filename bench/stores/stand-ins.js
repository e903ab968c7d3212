/** Where the stand-ins of the drivers' tests are, once `tsc -b bench/stand-ins` has made JavaScript of them. */
const STAND_INS = new URL('../stand-ins/dist/packages/drivers/test/stand-ins/', import.meta.url)
const NOTE =
  'Beside a stand-in at the protocol, in CPU time of the client: what the drivers cost, and nothing of the store.'

/**
 * The server at `OSPROFILER_TEST_..._URL`, or else a stand-in for it: {url, stop(), standIn?, note?, byCpuTime?}.
 *
 * @param file the stand-in's
 * @param start starts it by what that file exports
 * @param toUrl gives its connection string
 */
export async function openServer(name, { file, start, toUrl }) {
  const url = process.env[`OSPROFILER_TEST_${name.toUpperCase()}_URL`]
  if (url !== undefined) return { url, stop: async () => {} }
  const standIn = await start(await import(new URL(`${file}.js`, STAND_INS).href))
  return { url: toUrl(standIn), stop: () => standIn.kill(), standIn, note: NOTE, byCpuTime: true }
}
