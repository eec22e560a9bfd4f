// Progress (docs/protocol.md, section 10): the text of a result as it comes; frames of [1, text] without a status.
import { setTimeout as sleep } from 'node:timers/promises'
import { decode, encode } from './cbor.mjs'
import { frame, unframed } from './frames.mjs'

const LIMIT = 16_384
const LOOKS = 25 // milliseconds between two looks at what there is

async function * frames (stream) {
  let data = Buffer.alloc(0)
  for await (const part of stream) {
    data = Buffer.concat([data, part.subarray()])
    for (let payload = unframed(data, LIMIT); payload !== null; payload = unframed(data, LIMIT)) {
      yield Buffer.from(payload)
      data = data.subarray(frame(payload).length)
    }
  }
}

/** What the provider shows of the work on a conversation: a text of pieces, until its stream ends. */
export async function * followed (stream, conversation) {
  stream.send(frame(encode([1, conversation])))
  for await (const payload of frames(stream)) {
    const [version, text] = decode(payload)
    if (version !== 1 || typeof text !== 'string' || text === '') throw new Error('no piece of a result')
    yield text
  }
}

/** Show what comes of the work that is asked for; `sent` is called for each piece.  `workOf(hex)`: { text, ended }, if any. */
export async function shown (stream, workOf, sent) {
  for await (const payload of frames(stream)) {
    const work = workOf(decode(payload)[1].toString('hex'))
    for (let at = 0; work !== undefined && (at < work.text.length || !work.ended); await sleep(LOOKS)) {
      if (at === work.text.length) continue
      stream.send(frame(encode([1, work.text.slice(at)])))
      at = work.text.length
      sent()
    }
    break
  }
  await stream.close() // whoever follows may be gone by now: the result itself came another way
}
