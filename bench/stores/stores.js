import { mariadb } from './mariadb.js'
import { messaging } from './messaging.js'
import { postgresql } from './postgresql.js'
import { redis } from './redis.js'

/**
 * The stores that are measured, by name. Each has
 *
 *   title          for people
 *   python         the class of Python's driver, or `python_writer.py`'s argument for it
 *   toText         what of a record the store keeps as a text; JSON of the whole record where it is missing
 *   start()        a server of its own: {url, clear(), stop()}; `clear` empties it between measurements
 *   openBare(url)  its bare client: {write(batch, toText), close()}, which writes a batch as the driver does, the text
 *                  of each item by `toText`
 */
export const STORES = new Map([
  ['redis', redis],
  ['postgresql', postgresql],
  ['mariadb', mariadb],
  ['messaging', messaging],
])
