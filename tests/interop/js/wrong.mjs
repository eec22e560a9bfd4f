// Messages that break a rule of docs/protocol.md, each made from the parameters of a good call.
import { randomBytes } from 'node:crypto'
import { encode } from './cbor.mjs'
import { keyPair, peerId } from './keys.mjs'
import { envelope, message } from './messages.mjs'

const HOUR = 3_600_000

function backwards (fields) {
  const parts = Object.entries(fields).map(([key, value]) => Buffer.concat([encode(key), encode(value)]))
  return Buffer.concat([Buffer.of(0xa0 | parts.length), ...parts.sort(Buffer.compare).reverse()])
}

/** How: (parameters of a good call, the sender's keys) -> what is said, one after the other. */
export const wrongs = {
  nothing: (good, pair) => [message(good, pair)],
  'keys out of order': (good, pair) => [envelope(backwards(good), pair)],
  'signed by another': (good) => [message(good, keyPair(randomBytes(32)))],
  'an unknown parameter': (good, pair) => [message({ ...good, language: 'en' }, pair)],
  'a version to come': (good, pair) => {
    const made = message(good, pair)
    return [{ ...made, bytes: Buffer.concat([Buffer.of(0x83, 2), made.bytes.subarray(2)]) }]
  },
  'of another': (good) => {
    const other = keyPair(randomBytes(32))
    return [message({ ...good, sender: peerId(other.public) }, other)]
  },
  'for another': (good, pair) => [message({ ...good, receiver: peerId(keyPair(randomBytes(32)).public) }, pair)],
  'a clock an hour ahead': (good, pair) => [message({ ...good, sent: good.sent + HOUR }, pair)],
  'a week and an hour old': (good, pair) => [message({ ...good, sent: good.sent - 169 * HOUR }, pair)],
  'no longer to be answered': (good, pair) => [message({ ...good, 'reply-by': good.sent - 1 }, pair)],
  'to be answered in a month': (good, pair) => [message({ ...good, 'reply-by': good.sent + 720 * HOUR }, pair)],
  'an answer to nothing': (good, pair) => {
    const { 'reply-by': _, 'reply-with': asked, ...rest } = good
    return [message({ ...rest, performative: 'refuse', 'in-reply-to': asked, content: { reason: 'busy' } }, pair)]
  },
  'the same bytes again': (good, pair) => {
    const made = message({ ...good, ontology: 'nuee/juggling/1' }, pair)
    return [made, made]
  },
  'another call in its place': (good, pair) => [message(good, pair), message({ ...good, sent: good.sent + 1 }, pair)]
}
