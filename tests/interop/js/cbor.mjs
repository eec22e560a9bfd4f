// Values (docs/protocol.md, section 2): CBOR in which every value has one encoding.
// Integers are numbers, bytes are Uint8Array, maps are objects without a prototype; null, booleans, strings, arrays as they are.
const DEEPEST = 12
const MOST_VALUES = 4096

export class BadEncoding extends Error {}

const refuse = (why) => { throw new BadEncoding(why) }

function head (major, number) {
  if (number < 24) return Buffer.of(major << 5 | number)
  if (number < 0x100) return Buffer.of(major << 5 | 24, number)
  const long = Buffer.alloc(number < 0x10000 ? 3 : number < 0x100000000 ? 5 : 9)
  long[0] = major << 5 | { 3: 25, 5: 26, 9: 27 }[long.length]
  if (long.length === 9) long.writeBigUInt64BE(BigInt(number), 1)
  else long.writeUIntBE(number, 1, long.length - 1)
  return long
}

const byKey = ([a], [b]) => a.length - b.length || Buffer.compare(a, b)

/** The one encoding of `value`.  Throws BadEncoding for what is no value. */
export function encode (value) {
  let values = 0
  const written = (one, deep) => {
    if (++values > MOST_VALUES) refuse('too many values')
    if (one === null) return Buffer.of(0xf6)
    if (typeof one === 'boolean') return Buffer.of(one ? 0xf5 : 0xf4)
    if (typeof one === 'number') {
      if (!Number.isSafeInteger(one)) refuse('not an integer that fits')
      return one < 0 ? head(1, -1 - one) : head(0, one)
    }
    if (typeof one === 'string') {
      if (!one.isWellFormed()) refuse('a surrogate')
      const text = Buffer.from(one, 'utf8')
      return Buffer.concat([head(3, text.length), text])
    }
    if (one instanceof Uint8Array) return Buffer.concat([head(2, one.length), one])
    if (typeof one !== 'object') refuse(`no value: ${typeof one}`)
    if (deep === DEEPEST) refuse('too deep')
    if (Array.isArray(one)) return Buffer.concat([head(4, one.length), ...one.map((item) => written(item, deep + 1))])
    // The head of a key grows with its length, so order by encoding is order by length, then by bytes.
    const entries = Object.entries(one).map(([key, item]) => [written(key, deep), written(item, deep + 1)]).sort(byKey)
    return Buffer.concat([head(5, entries.length), ...entries.flat()])
  }
  return written(value, 0)
}

class Reader {
  constructor (data) {
    this.data = Buffer.from(data)
    this.at = 0
    this.values = 0
  }

  take (length) {
    if (this.at + length > this.data.length) refuse('it ends in the middle')
    this.at += length
    return this.data.subarray(this.at - length, this.at)
  }

  head () {
    const first = this.take(1)[0]
    const [major, info] = [first >> 5, first & 31]
    if (major >= 6 || info < 24) return [major, info]
    if (info > 27) refuse('an indefinite length')
    const bytes = this.take(1 << (info - 24))
    const number = bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, bytes.length)
    if (number < [24, 0x100, 0x10000, 0x100000000][info - 24]) refuse('longer than necessary')
    if (!Number.isSafeInteger(number)) refuse('too large')
    return [major, number]
  }

  text (length) {
    try {
      // ignoreBOM keeps U+FEFF, which is a character like others.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(length))
    } catch (error) {
      if (error instanceof TypeError) refuse('text that is not UTF-8')
      throw error
    }
  }

  value (deep) {
    if (++this.values > MOST_VALUES) refuse('too many values')
    const [major, number] = this.head()
    if (major === 0) return number
    if (major === 1) return Number.isSafeInteger(-1 - number) ? -1 - number : refuse('too small')
    if (major === 2) return Buffer.from(this.take(number))
    if (major === 3) return this.text(number)
    if (major === 7 && number >= 20 && number <= 22) return [false, true, null][number - 20]
    if (major > 5) refuse('a float, a tag or another simple value')
    if (deep === DEEPEST) refuse('too deep')
    return major === 4 ? this.list(number, deep + 1) : this.map(number, deep + 1)
  }

  list (length, deep) {
    const items = []
    while (items.length < length) items.push(this.value(deep))
    return items
  }

  map (length, deep) {
    const found = Object.create(null)
    let before = null
    for (let left = length; left > 0; left--) {
      const start = this.at
      const key = this.value(deep)
      if (typeof key !== 'string') refuse('a key that is no text')
      const written = this.data.subarray(start, this.at)
      if (before !== null && byKey([before], [written]) >= 0) refuse('keys out of order')
      before = written
      found[key] = this.value(deep)
    }
    return found
  }
}

/** The value that `data` is the encoding of.  Throws BadEncoding. */
export function decode (data) {
  const reader = new Reader(data)
  const value = reader.value(0)
  if (reader.at !== reader.data.length) refuse('something after the value')
  return value
}

/** The integer that a list begins with, whatever comes behind it; null where there is none. */
export function leading (data) {
  const reader = new Reader(data)
  try {
    const [list] = reader.head()
    const [kind, number] = reader.head()
    return list === 4 && kind === 0 ? number : null
  } catch (error) {
    if (error instanceof BadEncoding) return null
    throw error
  }
}
