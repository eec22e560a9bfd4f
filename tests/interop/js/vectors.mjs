// The examples of tests/vectors/acl.json, read and made again by this peer: prints { tried, wrong: [what, ...] } as JSON.
import { readFileSync } from 'node:fs'
import { decode, encode } from './cbor.mjs'
import { frame, unframed } from './frames.mjs'
import { invite, readHello, readInvite } from './hello.mjs'
import { keyOfDid, keyPair, peerId } from './keys.mjs'
import { Memory, NotTaken, acknowledgement, message, readAnswer, readMessage } from './messages.mjs'

const kept = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const hex = (text) => Buffer.from(text, 'hex')
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
const wrong = []
let tried = 0

function native (value) {
  if (Array.isArray(value)) return value.map(native)
  if (!isMap(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1 && keys[0] === 'hex') return hex(value.hex)
  return Object.fromEntries(keys.map((key) => [key, native(value[key])]))
}

function claim (what, holds) {
  tried++
  try {
    if (!holds()) wrong.push(what)
  } catch (error) {
    wrong.push(`${what}: ${error}`)
  }
}

function thrown (action) {
  try {
    action()
  } catch (error) {
    return error
  }
  return null
}

const pairs = Object.fromEntries(Object.entries(kept.keys).map(([name, key]) => [key['peer-id'], keyPair(hex(key.private))]))
const [alice, bob] = [kept.keys.alice['peer-id'], kept.keys.bob['peer-id']]

for (const [peer, pair] of Object.entries(pairs)) claim(`peer id ${peer}`, () => peerId(pair.public) === peer)
for (const { value, encoded } of kept.values) {
  claim(`write ${encoded}`, () => encode(native(value)).toString('hex') === encoded)
  claim(`read ${encoded}`, () => encode(decode(hex(encoded))).toString('hex') === encoded)
}
for (const { what, encoded } of kept['broken values']) {
  claim(`refuse ${what}`, () => thrown(() => decode(hex(encoded)))?.constructor.name === 'BadEncoding')
}
for (const { length, prefix } of kept.frames) {
  const framed = frame(Buffer.alloc(length))
  claim(`frame ${length}`, () => framed.toString('hex').startsWith(prefix) && framed.length === length + prefix.length / 2)
  claim(`unframe ${length}`, () => unframed(framed, 65536).length === length && unframed(framed.subarray(0, -1), 65536) === null)
}
for (const one of kept.messages) {
  claim(`write ${one.name}`, () => {
    const made = message(native(one.parameters), pairs[one.parameters.sender])
    return made.bytes.toString('hex') === one.message && made.digest.toString('hex') === one.digest
  })
  claim(`read ${one.name}`, () => readMessage(hex(one.message)).digest.toString('hex') === one.digest)
}
for (const { what, message: bytes, code } of kept['refused messages']) {
  claim(`${code}: ${what}`, () => {
    const error = thrown(() => new Memory(bob).take(hex(bytes), alice, kept.now))
    return error instanceof NotTaken && error.message === code
  })
}
for (const one of kept.answers.filter((one) => one.answer === 'ack')) {
  claim('acknowledge', () => acknowledgement(hex(one.digest.hex)).toString('hex') === one.encoded)
  claim('acknowledged', () => readAnswer(hex(one.encoded), hex(one.digest.hex)).code === '')
}
for (const one of kept.answers.filter((one) => one.answer === 'refused')) {
  claim(`refused: ${one.code}`, () => readAnswer(hex(one.encoded), Buffer.alloc(32)).code === one.code)
}
for (const one of kept.hellos) {
  claim('hello', () => readHello(hex(one.encoded), one.of).identity === one.identity && keyOfDid(one.identity) !== null)
  claim('hello of another', () => thrown(() => readHello(hex(one.encoded), bob))?.message === 'wrong-binding')
}
const { link, 'peer-id': inviter, secret, expires, name, addresses } = kept.invite
claim('read the invite', () => readInvite(link).peer === inviter && Buffer.compare(readInvite(link).secret, hex(secret)) === 0)
claim('write the invite', () => invite(pairs[inviter].public, hex(secret), expires, name, addresses) === link)

process.stdout.write(JSON.stringify({ tried, wrong }) + '\n')
