/** The stores that are measured: each by a file of this folder. */
export const STORES = ['redis', 'otlp-protobuf', 'otlp-json', 'postgresql', 'mariadb', 'messaging']

/**
 * A store by its name, with its client. It has
 *
 *   title          for people
 *   toText         what of an item the store keeps as a text; JSON of the whole where it is missing
 *   toItems        what a batch of records comes to, where that is not one item a record
 *   start()        a server of its own: {url, python, clear(), stop()}; `clear` empties it between measurements, `python`
 *                  are the class of Python's driver, or `python_writer.py`'s argument for it, and its connection string,
 *                  and missing where Python has none; `note` is what to know of the server; with `byCpuTime` it is no
 *                  real one, and what counts is the CPU time of those who write
 *   openBare(url)  its bare client: {write(items, toText), close()}, which writes a batch as the driver does, the text
 *                  of each item by `toText`
 */
export async function loadStore(name) {
  const { store } = await import(`./${name}.js`)
  return store
}
