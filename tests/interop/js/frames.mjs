// Exchanges (docs/protocol.md, section 1): frames, and the status of an answer.
const LIMIT = 65536

/** `payload` with its length before it. */
export function frame (payload) {
  const length = []
  let left = payload.length
  for (; left > 127; left >>>= 7) length.push(left & 127 | 128)
  return Buffer.concat([Buffer.from([...length, left]), payload])
}

/** The payload of the first frame in `data`; null while there is more to come.  Throws what is no frame, or too long. */
export function unframed (data, limit) {
  let length = 0
  for (let at = 0; at < 3; at++) {
    if (at === data.length) return null
    length += (data[at] & 127) * 128 ** at
    if (data[at] < 128) {
      if (at > 0 && data[at] === 0) throw new Error('a length longer than necessary')
      if (length > limit) throw new Error('too-large')
      return data.length < at + 1 + length ? null : data.subarray(at + 1, at + 1 + length)
    }
  }
  throw new Error('no length')
}

/** The frames that come on a stream, one after the other. */
class Frames {
  constructor (stream) {
    this.parts = stream[Symbol.asyncIterator]()
    this.data = Buffer.alloc(0)
  }

  /** The next payload; null where the stream ended before it. */
  async next (limit) {
    for (;;) {
      const payload = unframed(this.data, limit)
      if (payload !== null) {
        this.data = this.data.subarray(frame(payload).length)
        return Buffer.from(payload)
      }
      const { value, done } = await this.parts.next()
      if (done && this.data.length > 0) throw new Error('the stream ended in the middle')
      if (done) return null
      this.data = Buffer.concat([this.data, value.subarray()])
    }
  }
}

/** A stream that this side opened, for one request or for several, one at a time. */
export class Asking {
  constructor (stream) {
    this.stream = stream
    this.frames = new Frames(stream)
    this.asked = 0
    this.last = Date.now()
  }

  /** The answer; null where the stream ended instead.  Throws an Error whose message is the other's word for it. */
  async ask (request) {
    this.asked++
    this.last = Date.now()
    this.stream.send(frame(request))
    const answer = await this.frames.next(LIMIT + 1)
    if (answer === null) return null
    if (answer[0] === 0) return answer.subarray(1)
    throw new Error(answer[0] === 1 ? answer.subarray(1).toString('ascii') : 'no answer')
  }
}

/** Say `request` on a new stream, for this alone; the answer.  Throws as Asking.ask. */
export async function ask (stream, request) {
  const answer = await new Asking(stream).ask(request)
  await stream.close()
  if (answer === null) throw new Error('the stream ended without an answer')
  return answer
}

export class Refused extends Error {}

/** Answer the requests that come on `stream` with what `answer` makes of them.  Refused is told as its word. */
export async function serve (stream, answer) {
  const frames = new Frames(stream)
  try {
    for (let request = await frames.next(LIMIT); request !== null; request = await frames.next(LIMIT)) {
      stream.send(frame(Buffer.concat([Buffer.of(0), await answer(request)])))
    }
  } catch (error) {
    const word = error instanceof Refused || error.message === 'too-large' ? error.message : 'failed'
    stream.send(frame(Buffer.concat([Buffer.of(1), Buffer.from(word, 'ascii')])))
  }
  await stream.close()
}
