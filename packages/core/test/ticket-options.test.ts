import { describe, expect, it } from 'vitest'
import { checkTicketOptions, readAudience, readTicketMode } from '../src/tickets/ticket-options.js'

describe('readTicketMode', () => {
  it('returns each of the three modes', () => {
    expect(['accept', 'required', 'off'].map(mode => readTicketMode(mode, 'tickets'))).toEqual([
      'accept',
      'required',
      'off',
    ])
  })

  it.each([
    ['OFF', 'OSPROFILER_TICKETS must be accept, required or off, not "OFF"'],
    ['', 'OSPROFILER_TICKETS must be accept, required or off, not ""'],
    [' off', 'OSPROFILER_TICKETS must be accept, required or off, not " off"'],
    ['line\nbreak', 'OSPROFILER_TICKETS must be accept, required or off, not "line\\nbreak"'],
    [true, 'OSPROFILER_TICKETS must be accept, required or off, not boolean'],
    [['off'], 'OSPROFILER_TICKETS must be accept, required or off, not object'],
    [undefined, 'OSPROFILER_TICKETS must be accept, required or off, not undefined'],
  ])('refuses %j with a message that names the source', (value, message) => {
    expect(() => readTicketMode(value, 'OSPROFILER_TICKETS')).toThrow(new TypeError(message))
  })

  it('shows only the beginning of a long value', () => {
    expect(() => readTicketMode('x'.repeat(9_999), 'tickets')).toThrow(/not "x{40}"$/)
  })
})

describe('readAudience', () => {
  it.each([
    ['', []],
    [' , ,', []],
    ['Orders.Example', ['orders.example']],
    [' orders ,billing,, [::1]', ['orders', 'billing', '::1']],
  ])('splits the text %j at its commas, and leaves out empty names', (text, names) => {
    expect(readAudience(text)).toEqual(names)
  })

  it('returns the names of a list as tickets write them, and does not split them', () => {
    expect(readAudience([' Orders ', '', '[FE80::1]', 'a,b'])).toEqual(['orders', 'fe80::1', 'a,b'])
    expect(readAudience([])).toEqual([])
  })

  it('does not change the list', () => {
    const names = Object.freeze([' Orders '])

    expect(readAudience(names)).toEqual(['orders'])
    expect(names).toEqual([' Orders '])
  })

  it.each([null, 7, {}, ['orders', 7], ['orders', undefined], { 0: 'orders', length: 1 }, new Set(['orders'])])(
    'refuses %o',
    audience => {
      expect(() => readAudience(audience)).toThrow(TypeError)
      expect(() => readAudience(audience)).toThrow('audience must be a string or a list of strings')
    },
  )
})

describe('checkTicketOptions', () => {
  it('accepts options that are missing, undefined or valid', () => {
    expect(() => checkTicketOptions({})).not.toThrow()
    expect(() => checkTicketOptions({ tickets: undefined, audience: undefined })).not.toThrow()
    expect(() => checkTicketOptions({ tickets: 'required', audience: ['orders'] })).not.toThrow()
  })

  it.each([
    [{ tickets: 'on' }, 'tickets must be accept, required or off, not "on"'],
    [{ tickets: '' }, 'tickets must be accept, required or off, not ""'],
    [{ tickets: null }, 'tickets must be accept, required or off'],
    [{ audience: null }, 'audience must be a string or a list of strings'],
    [{ tickets: 'off', audience: 7 }, 'audience must be a string or a list of strings'],
  ])('refuses %j', (options, message) => {
    expect(() => checkTicketOptions(options as never)).toThrow(TypeError)
    expect(() => checkTicketOptions(options as never)).toThrow(message)
  })
})
