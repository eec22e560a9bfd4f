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

async function received (stream, limit) {
  let data = Buffer.alloc(0)
  for await (const part of stream) {
    data = Buffer.concat([data, part.subarray()])
    const payload = unframed(data, limit)
    if (payload !== null) return Buffer.from(payload)
  }
  throw new Error('the stream ended in the middle')
}

/** Say `request` on a new stream; the answer.  Throws an Error whose message is the other's word for it. */
export async function ask (stream, request) {
  stream.send(frame(request))
  await stream.close()
  const answer = await received(stream, LIMIT + 1)
  if (answer[0] === 0) return answer.subarray(1)
  throw new Error(answer[0] === 1 ? answer.subarray(1).toString('ascii') : 'no answer')
}

export class Refused extends Error {}

/** Answer the request that comes on `stream` with what `answer` makes of it; Refused is told as its word. */
export async function serve (stream, answer) {
  try {
    const request = await received(stream, LIMIT)
    stream.send(frame(Buffer.concat([Buffer.of(0), await answer(request)])))
  } catch (error) {
    const word = error instanceof Refused || error.message === 'too-large' ? error.message : 'failed'
    stream.send(frame(Buffer.concat([Buffer.of(1), Buffer.from(word, 'ascii')])))
  }
  await stream.close()
}
