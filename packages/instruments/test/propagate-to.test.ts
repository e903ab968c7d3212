import { createPropagation } from '@osprofiler/instruments'
import { describe, expect, it } from 'vitest'

describe('createPropagation() without rules', () => {
  const mayReceive = createPropagation()

  it.each([
    'http://localhost/',
    'http://LOCALHOST:8080/x',
    'http://catalog/',
    'https://my_service:8443/x?y',
    'http://127.0.0.1/',
    'http://127.255.1.2:1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://[::1]:8080/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[fd12:3456::1]/',
    'http://[fc00::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:10.1.2.3]/',
    'http://[::ffff:0a01:0203]/',
    'http://user:secret@catalog/',
  ])('allows %s', url => {
    expect(mayReceive(url)).toBe(true)
    expect(mayReceive(new URL(url))).toBe(true)
  })

  it.each([
    'http://example.com/',
    'http://catalog@evil.com/',
    'http://catalog:80@evil.com/',
    'http://127.0.0.1@evil.com/',
    'http://evil.com#catalog',
    'http://evil.com?catalog',
    'http://evil.com/catalog',
    'http://evil.com\\@catalog/',
    'http://localhost.evil.com/',
    'http://127.0.0.1.evil.com/',
    'http://evil。com/',
    'http://xn--vil-9la.com/',
    'http://ai./',
    'http://localhost./',
    'http://8.8.8.8/',
    'http://172.15.255.255/',
    'http://172.32.0.0/',
    'http://11.0.0.1/',
    'http://192.169.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata/computeMetadata/v1/',
    'http://instance-data/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2001:db8::1]/',
    'http://[::]/',
    'http://0.0.0.0/',
    'http://100.100.100.200/',
    'file:///localhost/x',
    'ftp://localhost/',
    'data:,localhost',
    'javascript:localhost',
  ])('forbids %s', url => {
    expect(mayReceive(url)).toBe(false)
    expect(mayReceive(new URL(url))).toBe(false)
  })

  it.each(['', 'catalog', '//catalog/', 'http://', 'http://[fe80::1%25eth0]/', 'http://[::1', 'http://a b/'])(
    'forbids %j, which is not a URL',
    url => {
      expect(mayReceive(url)).toBe(false)
    },
  )
})

describe('a rule', () => {
  it.each([
    ['catalog.example', 'http://catalog.example/'],
    ['catalog.example', 'https://CATALOG.example:8443/x'],
    ['Catalog.Example', 'http://catalog.example/'],
    ['catalog.example', 'http://catalog.example./'],
    ['catalog.example.', 'http://catalog.example/'],
    ['catalog.', 'http://catalog./'],
    ['bücher.example', 'http://xn--bcher-kva.example/'],
    ['xn--bcher-kva.example', 'http://Bücher.example/'],
    ['*.example', 'http://a.example/'],
    ['*.example', 'http://a.b.EXAMPLE./'],
    ['*.Bücher.example', 'http://a.xn--bcher-kva.example/'],
    ['10.1.2.3', 'http://10.1.2.3:8080/'],
    ['10.1.2.3', 'http://[::ffff:10.1.2.3]/'],
    ['::ffff:10.1.2.3', 'http://10.1.2.3/'],
    ['10.0.0.0/8', 'http://10.255.0.1/'],
    ['10.1.2.3/8', 'http://10.255.0.1/'],
    ['0.0.0.0/0', 'http://8.8.8.8/'],
    ['169.254.0.0/16', 'http://169.254.169.254/'],
    ['2001:db8::/32', 'http://[2001:db8:1::1]/'],
    ['[2001:db8::]/32', 'http://[2001:db8:1::1]/'],
    ['[::1]', 'http://[::1]:80/'],
    ['FD00::/8', 'http://[fd00::1]/'],
    ['fe80::/10', 'http://[fe80::1]/'],
  ])('such as %s allows %s', (rule, url) => {
    expect(createPropagation(rule)(url)).toBe(true)
    expect(createPropagation([rule])(url)).toBe(true)
  })

  it.each([
    ['catalog.example', 'http://a.catalog.example/'],
    ['catalog.example', 'http://notcatalog.example/'],
    ['catalog.example', 'http://catalog.example.evil.com/'],
    ['catalog.example', 'http://catalog.example@evil.com/'],
    ['catalog.example', 'http://evil.com/catalog.example'],
    ['catalog.example', 'http://localhost/'],
    ['catalog', 'http://catalog./'],
    ['*.example', 'http://example/'],
    ['*.example.com', 'http://example.com/'],
    ['*.example.com', 'http://badexample.com/'],
    ['*.example.com', 'http://a.example.com.evil.com/'],
    ['*.example.com', 'http://.example.com/'],
    ['10.0.0.0/8', 'http://11.0.0.1/'],
    ['10.0.0.0/8', 'http://10.0.0.1.evil.com/'],
    ['10.1.2.3', 'http://10.1.2.4/'],
    ['2001:db8::/32', 'http://[2001:db9::1]/'],
    ['::1', 'http://[::2]/'],
  ])('such as %s does not allow %s', (rule, url) => {
    expect(createPropagation(rule)(url)).toBe(false)
  })

  it('may be one of several in a string', () => {
    const mayReceive = createPropagation(' a.example , *.b.example,10.0.0.0/8, ')

    const asked = ['http://a.example', 'http://x.b.example', 'http://10.9.9.9', 'http://c.example', 'http://catalog']

    expect(asked.map(mayReceive)).toEqual([true, true, true, false, false])
  })

  it('may be a function of the URL, by itself or in a list', () => {
    const ofPort = (url: URL): boolean => url.port === '8080'

    expect(createPropagation(ofPort)('http://x.example:8080/')).toBe(true)
    expect(createPropagation(['a.example', ofPort])('http://x.example:8081/')).toBe(false)
    expect(createPropagation(['a.example', ofPort])('http://a.example:8081/')).toBe(true)
  })

  it('may be the default, combined with other rules', () => {
    const mayReceive = createPropagation([createPropagation(), '*.svc.cluster.local'])

    const asked = ['http://catalog/', 'http://catalog.svc.cluster.local/', 'http://example.com/']

    expect(asked.map(mayReceive)).toEqual([true, true, false])
  })

  it('allows no URL if its function throws or does not return true', () => {
    const fail = (): boolean => {
      throw new Error('no such list')
    }
    const promise = (async () => true) as unknown as () => boolean

    expect(createPropagation(fail)('http://catalog/')).toBe(false)
    expect(createPropagation([fail, 'catalog'])('http://catalog/')).toBe(true)
    expect(createPropagation(promise)('http://catalog/')).toBe(false)
  })

  it('cannot change the URL that other rules receive', () => {
    const rewrite = (url: URL): boolean => {
      url.hostname = 'catalog'
      return false
    }
    const url = new URL('http://evil.com/')

    const allowed = createPropagation([rewrite, ({ hostname }) => hostname === 'catalog'])(url)

    expect(allowed).toBe(false)
    expect(url.hostname).toBe('evil.com')
  })

  it('allows no host if it is an empty list', () => {
    expect(createPropagation([])('http://catalog/')).toBe(false)
    expect(createPropagation('')('http://catalog/')).toBe(false)
    expect(createPropagation(' , ')('http://catalog/')).toBe(false)
  })
})

describe('a malformed rule', () => {
  it.each([
    '*',
    '*.',
    '*.*.example',
    'a.*.example',
    '*example.com',
    'http://catalog',
    'catalog:8080',
    'catalog/path',
    'user@catalog',
    'catalog?x',
    'catalog#x',
    'cata log',
    'a..b',
    '.example',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    '10.0.0.0/a',
    '300.1.1.1',
    '1.2.3.4.5',
    'catalog/8',
    '::1/129',
    '::1%eth0',
    'fe80::%eth0/10',
    '[::1',
    '[::1]:80',
    'a%2eb',
  ])('such as %j throws a TypeError that shows the rule', rule => {
    expect(() => createPropagation(rule)).toThrow(TypeError)
    expect(() => createPropagation(['catalog', rule])).toThrow(JSON.stringify(rule))
  })

  it('causes an error that shows no password from a URL', () => {
    expect(() => createPropagation('http://app:secret@catalog')).toThrow(/^(?!.*secret)/s)
  })

  it.each([[5], [null], [{}], [[5]], [[['catalog', 5]]]])('such as %j throws a TypeError', rule => {
    expect(() => createPropagation(rule as unknown as string)).toThrow(TypeError)
  })

  it('throws a TypeError if it is an empty string in a list', () => {
    expect(() => createPropagation(['catalog', ''])).toThrow(TypeError)
  })
})

describe('the metadata service of a cloud', () => {
  const URLS = [
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://169.254.0.0/',
    'http://169.254.255.255:8775/',
    'http://0xa9fea9fe/',
    'http://0xA9.0xFE.0xA9.0xFE/',
    'http://2852039166/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://169.254.169.254./',
    'http://[::ffff:169.254.169.254]/',
    'http://[::FFFF:a9fe:a9fe]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://[FD00:0EC2:0:0:0:0:0:0254]:80/',
    'http://[fd20:ce::254]/',
    'http://[fd20:ce:0:0::254]/',
    'http://100.100.100.200/latest/',
    'http://1684301000/',
    'http://192.0.0.192/',
    'http://168.63.129.16/machine',
    'http://[::ffff:168.63.129.16]/',
    'http://metadata/computeMetadata/v1/',
    'http://METADATA:80/',
    'http://metadata./',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://Metadata.Google.Internal./',
    'http://metadata.goog/',
    'http://metadata.azure.internal/metadata/instance',
    'http://metadata.tencentyun.com/latest/',
    'https://metadata.platformequinix.com/',
    'http://rancher-metadata/',
    'http://instance-data/',
    'http://instance-data.ec2.internal/latest/',
    'https://user@169.254.169.254/',
  ]
  const WIDE = [
    ...['0.0.0.0/0', '::/0', '160.0.0.0/4', '169.0.0.0/8', '169.254.169.254/8', '100.64.0.0/10', '192.0.0.0/24'],
    ...['fc00::/7', 'fd00::/8', 'fd20::/20', 'fe00::/7', '64:ff9b::/96', '::ffff:0:0/96', '168.63.0.0/16'],
    ...['*.internal', '*.google.internal', '*.ec2.internal'],
  ]

  it.each(URLS)('receives no headers by default or because of a wider rule: %s', url => {
    expect(createPropagation()(url)).toBe(false)
    expect(createPropagation(WIDE)(url)).toBe(false)
    expect(createPropagation([createPropagation(), ...WIDE])(new URL(url))).toBe(false)
  })

  it.each([
    ['169.254.169.254', 'http://0xa9fea9fe/'],
    ['169.254.169.254', 'http://[::ffff:169.254.169.254]/'],
    ['169.254.170.0/24', 'http://169.254.170.2/'],
    ['::ffff:169.254.0.0/112', 'http://169.254.169.254/'],
    ['fd00:ec2::254', 'http://[fd00:ec2::254]/'],
    ['fd20:ce::254', 'http://[fd20:ce:0::254]/'],
    ['100.100.100.200', 'http://100.100.100.200/'],
    ['192.0.0.192/32', 'http://192.0.0.192/'],
    ['168.63.129.16', 'http://168.63.129.16/'],
    ['metadata', 'http://metadata/'],
    ['Metadata.Google.Internal.', 'http://metadata.google.internal/'],
  ])('receives headers if a rule specifically names it: %s allows %s', (rule, url) => {
    expect(createPropagation(rule)(url)).toBe(true)
    expect(createPropagation(['0.0.0.0/0', rule])(url)).toBe(true)
  })

  it('receives headers if a function allows it', () => {
    expect(createPropagation(({ hostname }) => hostname === '169.254.169.254')('http://169.254.169.254/')).toBe(true)
  })

  it.each([
    ['fd00::/8', 'http://[fd00:ec3::254]/'],
    ['fd00::/8', 'http://[fd20:ce:1::254]/'],
    ['0.0.0.0/0', 'http://169.253.255.255/'],
    ['0.0.0.0/0', 'http://[::ffff:10.0.0.1]/'],
    ['100.64.0.0/10', 'http://100.100.100.201/'],
    ['*.internal', 'http://catalog.google.internal/'],
    ['*.metadata.google.internal', 'http://x.metadata.google.internal/'],
  ])('does not include neighboring addresses and names: %s allows %s', (rule, url) => {
    expect(createPropagation(rule)(url)).toBe(true)
  })
})
