import fc from 'fast-check'

/** Ids as any caller may choose them: UUIDs of all versions, words, any Unicode; 1 to 255 characters. */
export const traceId = fc.oneof(
  { weight: 3, arbitrary: fc.uuid() },
  fc.stringMatching(/^[\w.:-]{1,40}$/),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }),
  fc.string({
    unit: fc.constantFrom('a', '\u{1f600}', '\u0000', '"', '\\', '/', '\u007f', '\u2028'),
    minLength: 1,
    maxLength: 255,
  }),
)

/** Keys as any operator may choose them. */
export const hmacKey = fc.oneof(
  fc.stringMatching(/^[\x21-\x2b\x2d-\x7e]{1,80}$/),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
)

const space = fc.array(fc.constantFrom(' ', '\t', '\n', '\r'), { maxLength: 3 }).map(characters => characters.join(''))
const oddSpace = fc.constantFrom('\v', '\f', '\u00a0', '\ufeff', '\u2028', '\u0085', '\u0000', '/**/', '//\n', '\u3000')

/** A string in JSON, each character escaped in one of the ways that JSON knows. */
export function jsonString(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.infiniteStream(fc.nat(3))).map(([value, ways]) => {
    const units = [...value].map(character => {
      const way = ways.next().value
      if (way === 0) return [...character].length === 1 ? escapeUnits(character, 'lower') : character
      if (way === 1) return escapeUnits(character, 'upper')
      if (way === 2 && character === '/') return '\\/'
      return JSON.stringify(character).slice(1, -1)
    })
    return `"${units.join('')}"`
  })
}

function escapeUnits(character: string, letters: 'lower' | 'upper'): string {
  return character
    .split('')
    .map(unit => {
      const digits = unit.charCodeAt(0).toString(16).padStart(4, '0')
      return `\\u${letters === 'upper' ? digits.toUpperCase() : digits}`
    })
    .join('')
}

/** The JSON that an honest signer may make of two ids: any order, spacing and escaping; perhaps its own `hmac_key`. */
export function honestJson(baseId: string, parentId: string | null | undefined): fc.Arbitrary<string> {
  const members = [jsonMember('base_id', jsonString(fc.constant(baseId)))]
  if (parentId === null) members.push(jsonMember('parent_id', fc.constant('null')))
  else if (parentId !== undefined) members.push(jsonMember('parent_id', jsonString(fc.constant(parentId))))
  return fc
    .tuple(fc.tuple(...members), fc.option(jsonMember('hmac_key', jsonString(fc.string()))), fc.boolean(), space, space)
    .map(([own, extra, turned, before, after]) => {
      const all = extra === null ? own : [...own, extra]
      return `${before}{${(turned ? all.reverse() : all).join(',')}}${after}`
    })
}

function jsonMember(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(space, jsonString(fc.constant(name)), space, space, value, space)
    .map(([before, key, left, right, text, after]) => `${before}${key}${left}:${right}${text}${after}`)
}

const id = '8d28af1e-acc0-498c-9890-6908e33eff5f'
const scalar = fc.oneof(
  { weight: 6, arbitrary: jsonString(traceId) },
  { weight: 6, arbitrary: fc.constantFrom(`"${id}"`, '""', 'null') },
  fc.constantFrom('true', 'false', '0', '-0', '-', '01', '1.', '.5', '1e5', '1E+5', '1e999', '0x1', '+1', '1_000'),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', 'nan', 'None', 'undefined', 'nul', 'nulll', "'a'", 'a', ''),
  fc.constantFrom(
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u12"',
    '"\\u 123"',
    '"\\u+123"',
    '"\\u0x12"',
  ),
  fc.constantFrom('"\\x41"', '"\\a"', '"\\', '"\\"', '"\\\n"', '"a\nb"', '"a\tb"', '"\u0000"', '"\u007f"', '"\u2028"'),
  fc.integer({ min: 4_290, max: 4_310 }).map(digits => '9'.repeat(digits)),
  fc.constantFrom(254, 255, 256, 257).map(length => `"${'b'.repeat(length)}"`),
  fc.constantFrom(254, 255, 256).map(length => `"${'\u{1f600}'.repeat(length)}"`),
  fc.tuple(fc.constantFrom('[]', '{}'), fc.constantFrom(1, 2, 900, 990, 1_000, 3_000)).map(([pair, depth]) => {
    const [open, close] = pair === '[]' ? ['[', ']'] : ['{"a":', '}']
    return `${open.repeat(depth)}${pair === '[]' ? '' : '1'}${close.repeat(depth)}`
  }),
)
const memberName = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('"base_id"', '"parent_id"', '"hmac_key"', '"base\\u005fid"', '"\\u0062ase_id"'),
  },
  fc.constantFrom('"Base_id"', '"base_id "', '"__proto__"', '"constructor"', '"toString"', '""', '"base_id\\u0000"'),
  fc.constantFrom('base_id', "'base_id'", 'null', '1', '"base_\\ud800id"', '"b\\u0430se_id"'),
)
const gap = fc.oneof({ weight: 20, arbitrary: space }, oddSpace)

/** JSON, or nearly: of the right shape often enough that a judge has to look at the details. */
export const nearlyJson: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc
        .tuple(
          gap,
          memberName,
          gap,
          fc.oneof({ weight: 30, arbitrary: fc.constant(':') }, fc.constantFrom('=', '::', '')),
          gap,
          scalar,
          gap,
        )
        .map(parts => parts.join('')),
      { maxLength: 4 },
    ),
    fc.oneof({ weight: 30, arbitrary: fc.constant(',') }, fc.constantFrom(',,', ';', ' ')),
    fc.oneof(
      { weight: 30, arbitrary: fc.constant(['{', '}']) },
      fc.constantFrom(['[', ']'], ['{', ''], ['{', ',}'], ['{', '}}'], ['', ''], ['{', '}{}']),
    ),
    gap,
    gap,
  )
  .map(([members, comma, [open, close], before, after]) => `${before}${open}${members.join(comma)}${close}${after}`)

type Bytes = Buffer<ArrayBufferLike>

/** How text may come to bytes. */
export function encodings(text: string): fc.Arbitrary<Bytes> {
  const utf8 = Buffer.from(text, 'utf8')
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant(utf8) },
    fc.constantFrom<Bytes>(
      Buffer.from(text, 'utf16le'),
      Buffer.from(text, 'latin1'),
      Buffer.concat([Buffer.from('\ufeff'), utf8]),
      Buffer.concat([utf8, Buffer.from([0])]),
    ),
    // What is cut out, put in, or turned over, anywhere.
    fc.tuple(fc.nat(utf8.length), fc.uint8Array({ maxLength: 4 }), fc.nat(3)).map(([at, bytes, cut]) => {
      return Buffer.concat([utf8.subarray(0, at), bytes, utf8.subarray(at + cut)])
    }),
    fc
      .constantFrom([0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82])
      .chain(odd =>
        fc.nat(utf8.length).map(at => Buffer.concat([utf8.subarray(0, at), Buffer.from(odd), utf8.subarray(at)])),
      ),
    fc.tuple(fc.nat(Math.max(0, utf8.length * 8 - 1))).map(([bit]) => flipBit(utf8, bit)),
  )
}

function flipBit(bytes: Bytes, bit: number): Bytes {
  const flipped = Buffer.from(bytes)
  const at = bit >> 3
  if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

/** How bytes come to a header's text where the signer is honest: in either alphabet. */
export function honestBase64(bytes: Bytes): fc.Arbitrary<string> {
  const standard = bytes.toString('base64')
  return fc.constantFrom(standard, standard.replaceAll('+', '-').replaceAll('/', '_'))
}

/** How bytes may come to a header's text. */
export function base64Variants(bytes: Bytes): fc.Arbitrary<string> {
  const standard = bytes.toString('base64')
  const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_')
  const bare = urlSafe.replaceAll('=', '')
  const inserted = fc
    .tuple(
      fc.nat(urlSafe.length),
      fc.constantFrom(
        ' ',
        '\t',
        '\n',
        '=',
        '==',
        '.',
        ',',
        '!',
        '\u00e9',
        '\u0000',
        '\ufeff',
        '-',
        'A',
        'AAAA',
        '\u00a0',
        '\u0130',
        '\ud800',
      ),
      fc.nat(1),
    )
    .map(([at, odd, cut]) => urlSafe.slice(0, at) + odd + urlSafe.slice(at + cut))
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(urlSafe) },
    fc.constantFrom(
      standard,
      bare,
      `${bare}=`,
      `${bare}==`,
      `${bare}===`,
      `${urlSafe}====`,
      `${urlSafe}\n`,
      `  ${urlSafe}\t`,
      `\v\f${urlSafe}\r\n`,
      `${urlSafe}${urlSafe}`,
      `${urlSafe},${urlSafe}`,
      `${urlSafe}, ${urlSafe}`,
      `\u00a0${urlSafe}`,
      `\u001c${urlSafe}\u0085`,
      urlSafe.slice(0, -1),
      urlSafe.slice(1),
      urlSafe.toUpperCase(),
      bytes.toString('hex'),
      encodeURIComponent(standard),
    ),
    inserted,
    // The bits of the last character that carry nothing.
    fc.constantFrom('A', 'B', 'Q', 'g', 'x', '_').map(last => bare.slice(0, -1) + last + urlSafe.slice(bare.length)),
  )
}

/** How the right digits may be written down, or spoilt. */
export function hmacVariants(hmac: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 30, arbitrary: fc.constant(hmac) },
    fc.constantFrom(
      ` ${hmac}`,
      `${hmac}\t\r\n\v\f `,
      `\u00a0${hmac}`,
      `\ufeff${hmac}`,
      `\u001c${hmac}\u001f`,
      `${hmac}\u0085`,
      `${hmac}\u2028`,
      `${hmac}\u0000`,
      `${hmac}, ${hmac}`,
      `0x${hmac}`,
      `"${hmac}"`,
      hmac.toUpperCase(),
      hmac.slice(0, -1),
      hmac.slice(1),
      `${hmac}0`,
      `0${hmac}`,
      hmac.replace(/[0-9]/, digit => String.fromCharCode(0x660 + Number(digit))),
      hmac.replace(/[a-f]/, letter => String.fromCharCode(0xff41 + letter.charCodeAt(0) - 97)),
      '',
      ' ',
    ),
    fc.nat(39).map(at => hmac.slice(0, at) + (hmac[at] === '0' ? '1' : '0') + hmac.slice(at + 1)),
  )
}
