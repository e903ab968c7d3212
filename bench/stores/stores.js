/** The measured stores. Each has a file in this folder. */
export const STORES = ['redis', 'otlp-protobuf', 'otlp-json', 'postgresql', 'mariadb', 'messaging']

/**
 * Loads a store by its name, with its client. A store has these members:
 *
 *   title          the name for readers
 *   toText         returns the text that the store keeps for an item. Default: the item's JSON
 *   toItems        returns the items for a batch of records. Default: the records
 *   start()        starts a private server: {url, python, clear(), stop(), note, byCpuTime}.
 *                  `clear` empties the server between measurements.
 *                  `python` contains the arguments of `python_writer.py`: the class of a driver,
 *                  and the connection string. `python` is missing if Python has no driver.
 *                  `note` is a remark about the server for readers of the table.
 *                  `byCpuTime` marks a stand-in, for which the CPU time of the writing process counts.
 *   openBare(url)  opens the bare client: {write(items, toText), close()}. `write` writes a batch as the driver does,
 *                  and gets the text of each item from `toText`
 */
export async function loadStore(name) {
  const { store } = await import(`./${name}.js`)
  return store
}
