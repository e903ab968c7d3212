import { describe, expect, it } from 'vitest'
import { decodeKeyText, splitKeyText, toOrdinal } from '../src/keys/key-text.js'

it('toOrdinal() converts the position of a key to an ordinal number', () => {
  expect([0, 1, 2, 3, 10].map(toOrdinal)).toEqual(['first', 'second', 'third', '4th', '11th'])
})

describe('the content of a keys file', () => {
  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from('new,öld')],
    ['UTF-16 as PowerShell writes it', Buffer.from('\ufeffnew,öld', 'utf16le')],
    ['UTF-16 in the opposite byte order', Buffer.from('\ufeffnew,öld', 'utf16le').swap16()],
  ])('is read as %s', (_, bytes) => {
    expect(splitKeyText(decodeKeyText(bytes))).toEqual(['new', 'öld'])
  })

  it.each<[string, Buffer, string]>([
    ['neither UTF-8 nor UTF-16', Buffer.from([0x61, 0xff]), 'it is not UTF-8'],
    [
      'UTF-16 that ends inside a character',
      Buffer.from([0xff, 0xfe, 0x61]),
      'it begins with a UTF-16 byte order mark but is not UTF-16',
    ],
    [
      'UTF-16 in the opposite byte order that ends inside a character',
      Buffer.from([0xfe, 0xff, 0x61]),
      'it begins with a UTF-16 byte order mark',
    ],
  ])('is refused if it is %s', (_, bytes, reason) => {
    expect(() => decodeKeyText(bytes)).toThrow(reason)
  })
})

describe('the keys in a text', () => {
  it('are separated by commas and line ends, and trimmed', () => {
    expect(splitKeyText('\ufeff new , old\r\n\n older\u0085\n')).toEqual(['new', 'old', 'older'])
  })

  it('do not appear in the message that refuses them', () => {
    for (const text of ['SEALED,"SEALED"', '# SEALED', 'SEALED\0', '-----BEGIN SEALED-----']) {
      expect(() => splitKeyText(text)).toThrow(/^(?!.*SEALED)/s)
    }
  })

  it.each([
    ['new,"old"', 'its second key is in quotes'],
    ['# comment', 'its first key begins with #'],
    ['export OSPROFILER_HMAC_KEYS=new', 'is a line of an .env file'],
    ['-----BEGIN KEY-----', 'is a line of a PEM file'],
    ['n\0e\0w\0', 'has NUL characters'],
    ['ne\u0007w', 'has control characters'],
    ['ne\ufffdw', 'has characters that are not UTF-8'],
    ['ne\u200bw', 'has invisible characters'],
  ])('are refused in %j', (text, reason) => {
    expect(() => splitKeyText(text)).toThrow(reason)
  })
})
