import { RegExp, String } from '../../platform/platform.js'
import { forEachMatch, hideSpan, type Span } from '../values/text-spans.js'

/** Patterns of secrets. Other texts rarely begin like these secrets. */
const SHAPES = [
  // JSON Web Tokens and other JSON in Base64, and Fernet tokens.
  String.raw`eyJ[\w-]{12,}(?:\.[\w-]*)*`,
  String.raw`gAAAAA[\w-]{16,}=*`,
  // AWS.
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}',
  // GitHub, GitLab, npm, PyPI, RubyGems, Docker, Atlassian.
  'gh[pousr]_[A-Za-z0-9_]{16,}',
  String.raw`github_pat_\w{16,}`,
  String.raw`gl(?:pat|dt|rt|rtr|ptt|cbt|ft|soat|imt|agent|oas|ffct)-[\w.-]{10,}`,
  '(?:npm|rubygems|dckr_pat|hf|gsk|ntn|lin_api|tfp|phx|figd|sgp|sbp|dapi|rdme|pscale_(?:tkn|pw|oauth))_[A-Za-z0-9._-]{20,}',
  String.raw`(?:pypi|xai|pplx|pul|PMAK|NRAK|NRII|ATATT3x|ATCTT3x|GOCSPX|AGE-SECRET-KEY|ctx7sk|sntrys|sntryu|nfp)[-_]?[\w=-]{20,}`,
  // Slack, Stripe, Shopify, Square, SendGrid, Mailgun, Twilio, DigitalOcean, Vault, Doppler, Terraform.
  String.raw`xox[abceoprs](?:\.xox[bp])?-[\w-]{8,}`,
  String.raw`xapp-[\w-]{10,}`,
  String.raw`[srp]k_(?:live|test|prod)_\w{8,}`,
  String.raw`whsec_[\w+/=]{16,}`,
  'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{16,}',
  String.raw`sq0(?:atp|csp|idp)-[\w-]{16,}`,
  String.raw`SG\.[\w-]{8,}\.[\w-]{8,}`,
  '(?:key|SK)-?[0-9a-f]{32}',
  'do[oprt]_v1_[a-f0-9]{32,}',
  String.raw`hv[sbr]\.[\w-]{16,}`,
  String.raw`dp\.(?:pt|st|ct|scim|audit)\.[\w.-]{16,}`,
  // OpenAI, Anthropic.
  String.raw`sk-[\w-]{16,}`,
  // Google.
  String.raw`AIza[\w-]{20,}`,
  String.raw`ya29\.[\w-]{16,}`,
  String.raw`1//0[\w-]{20,}`,
  // Telegram, Discord.
  String.raw`(?:bot)?\d{8,12}:[\w-]{30,}`,
  String.raw`[MNO][\w-]{22,28}\.[\w-]{6}\.[\w-]{27,}`,
  String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w-]{16,}`,
  // Notion, Grafana, Replicate, PASETO.
  'secret_[A-Za-z0-9]{43,}',
  'glsa_[A-Za-z0-9]{20,}_[A-Fa-f0-9]{8}',
  'r8_[A-Za-z0-9]{30,}',
  String.raw`v[1-4]\.(?:local|public)\.[\w-]{20,}(?:\.[\w-]+)*`,
  // Password hashes.
  String.raw`\$2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}`,
  String.raw`\$argon2(?:id|i|d)\$[\w$=,+/]{16,}`,
  String.raw`\$(?:5|6|y|7)\$[\w./$=]{16,}`,
  String.raw`pbkdf2_sha\d{1,3}\$[\w$+/=]{16,}`,
]
const ANY_SHAPE = `(?:${SHAPES.join('|')})`
const SHAPE = new RegExp(`(?<![A-Za-z0-9])${ANY_SHAPE}`, 'g')
// JSON escapes a line break as `\n`, so the letter `n` directly precedes the secret.
const SHAPE_IN_JSON = new RegExp(String.raw`(?<=\\[nrt])${ANY_SHAPE}`, 'g')
// Matches the secret of an Azure app.
const AZURE_SECRET = /[\w~.]{3}[78]Q~[\w~.-]{28,}/g
const KEY_BLOCK_LABEL = 'PRIVATE KEY'
const KEY_BLOCK_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/g
const KEY_BLOCK_END = /-----END [A-Z0-9 ]{0,60}-----/g

/** Finds tokens and keys by their pattern, such as JSON Web Tokens and AWS keys. */
export function findShapes(text: string, spans: Span[]): void {
  findShapesOf(SHAPE, text, spans)
  if (text.includes('\\')) findShapesOf(SHAPE_IN_JSON, text, spans)
  if (text.includes('Q~')) findShapesOf(AZURE_SECRET, text, spans)
}

function findShapesOf(pattern: RegExp, text: string, spans: Span[]): void {
  forEachMatch(pattern, text, ({ 0: shape, index }) => {
    // A hyphenated name, such as `sk-learn-tutorial-notes`, may also begin with `sk-`.
    if (!shape.startsWith('sk-') || /\d/.test(shape)) hideSpan(spans, index, pattern.lastIndex)
  })
}

/** Finds private keys in the PEM format, even if their end was cut off. */
export function findKeyBlocks(text: string, spans: Span[]): void {
  if (!text.includes(KEY_BLOCK_LABEL)) return
  forEachMatch(KEY_BLOCK_BEGIN, text, ({ index }) => {
    KEY_BLOCK_END.lastIndex = KEY_BLOCK_BEGIN.lastIndex
    // If the end of the key was cut off, the key extends to the end of the text.
    const end = KEY_BLOCK_END.exec(text) === null ? text.length : KEY_BLOCK_END.lastIndex
    hideSpan(spans, index, end)
    KEY_BLOCK_BEGIN.lastIndex = end
  })
}
