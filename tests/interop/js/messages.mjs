// Messages and what is taken of them (docs/protocol.md, sections 4 to 6).
import { createHash } from 'node:crypto'
import { BadEncoding, decode, encode, leading } from './cbor.mjs'
import { keyOfPeer, verified } from './keys.mjs'

const MINUTE = 60_000
const WEEK = 7 * 24 * 60 * MINUTE
const NET = 'fipa-contract-net'
const CANCEL = 'fipa-cancel-meta'
const REQUEST = 'fipa-request'
const TASKS = [NET, CANCEL, REQUEST]
// performative: [protocols, reply-with, in-reply-to, reply-by], + always, - never, ? optional
const ACTS = {
  cfp: [[NET], '+', '-', '+'],
  propose: [[NET], '+', '+', '+'],
  refuse: [[NET, REQUEST], '-', '+', '-'],
  'accept-proposal': [[NET], '+', '+', '?'],
  'reject-proposal': [[NET], '-', '+', '-'],
  inform: [TASKS, '-', '+', '-'],
  failure: [TASKS, '-', '+', '-'],
  cancel: [[CANCEL], '+', '-', '?'],
  'not-understood': [TASKS, '-', '?', '-'],
  request: [[REQUEST], '+', '?', '?'],
  agree: [[REQUEST], '-', '+', '-']
}
const OPENS = ['cfp', 'request']
const isTime = (value) => Number.isSafeInteger(value) && value >= 0
const isLabel = (value) => typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value)
const isPeer = (value) => typeof value === 'string' && keyOfPeer(value) !== null
const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
const FIELDS = {
  performative: (value) => Object.hasOwn(ACTS, value),
  sender: isPeer,
  receiver: isPeer,
  'conversation-id': (value) => value instanceof Uint8Array && value.length === 16,
  protocol: (value) => TASKS.includes(value),
  ontology: (value) => typeof value === 'string' && /^nuee\/[a-z][a-z0-9-]{0,31}\/[1-9][0-9]{0,3}$/.test(value),
  sent: isTime,
  'reply-with': isLabel,
  'in-reply-to': isLabel,
  'reply-by': isTime,
  content: isMap
}
const ALWAYS = ['performative', 'sender', 'receiver', 'conversation-id', 'protocol', 'ontology', 'sent', 'content']

const LABELS = ['reply-with', 'in-reply-to', 'reply-by']

/** Why a message is not taken: a code of section 5. */
export class NotTaken extends Error {}

const refuse = (code) => { throw new NotTaken(code) }
const signedBytes = (body) => Buffer.concat([Buffer.from('nuee acl v1\0'), body])

export const digestOf = (body) => createHash('sha256').update(signedBytes(body)).digest()

/** A message of `pair`, around a body that is encoded already. */
export function envelope (body, pair) {
  return { bytes: encode([1, body, pair.sign(signedBytes(body))]), digest: digestOf(body) }
}

export const message = (parameters, pair) => envelope(encode(parameters), pair)

function decoded (data) {
  try {
    return decode(data)
  } catch (error) {
    throw error instanceof BadEncoding ? new NotTaken('bad-encoding') : error
  }
}

function checkFields (body) {
  if (!isMap(body) || LABELS.some((key) => body[key] === null)) refuse('bad-encoding')
  const right = ALWAYS.every((key) => key in body) &&
    Object.entries(body).every(([key, value]) => Object.hasOwn(FIELDS, key) && FIELDS[key](value))
  if (!right) refuse('bad-field')
  const [protocols, ...rules] = ACTS[body.performative]
  const kept = LABELS.every((key, at) => rules[at] === '?' || (key in body) === (rules[at] === '+'))
  if (!kept || !protocols.includes(body.protocol) || body.sender === body.receiver) refuse('bad-field')
}

/** The parameters and the digest of a message, whose form and signature are right.  Throws NotTaken. */
export function readMessage (data) {
  if (data.length > 65536) refuse('too-large')
  if (![1, null].includes(leading(data))) refuse('unknown-version')
  const value = decoded(data)
  const right = Array.isArray(value) && value.length === 3 && value.slice(1).every((part) => part instanceof Uint8Array)
  if (!right || value[2].length !== 64) refuse('bad-encoding')
  const [, body, signature] = value
  const parameters = decoded(body)
  checkFields(parameters)
  if (!verified(keyOfPeer(parameters.sender), signedBytes(body), signature)) refuse('bad-signature')
  return { parameters, digest: digestOf(body) }
}

/** What this node remembers of messages: who is in which conversation, and which messages it took. */
export class Memory {
  constructor (own) {
    this.own = own
    this.taken = new Set()
    this.conversations = new Map() // hex -> { protocol, parties }
  }

  open (parameters, peer) {
    const name = parameters['conversation-id'].toString('hex')
    const found = this.conversations.get(name) ?? { protocol: parameters.protocol, parties: new Set() }
    found.parties.add(peer)
    this.conversations.set(name, found)
  }

  /** Take the message that came from `peer`: { parameters, digest, again }.  Throws NotTaken. */
  take (data, peer, now) {
    const read = readMessage(data)
    const { parameters, digest } = read
    if (parameters.receiver !== this.own) refuse('wrong-receiver')
    if (parameters.sender !== peer) refuse('wrong-sender')
    if (this.taken.has(digest.toString('hex'))) return { ...read, again: true }
    if (parameters.sent > now + 5 * MINUTE) refuse('clock-ahead')
    if (parameters.sent < now - WEEK) refuse('too-old')
    this.place(parameters, peer, now)
    this.taken.add(digest.toString('hex'))
    return { ...read, again: false }
  }

  place (parameters, peer, now) {
    const known = this.conversations.get(parameters['conversation-id'].toString('hex'))
    if (known === undefined) {
      if (!OPENS.includes(parameters.performative)) refuse('unknown-conversation')
      if (parameters['reply-by'] < now) refuse('expired')
      if (parameters['reply-by'] > now + WEEK) refuse('too-far')
      this.open(parameters, peer)
      return
    }
    if (!known.parties.has(peer)) refuse('wrong-conversation')
    if (![known.protocol, CANCEL].includes(parameters.protocol)) refuse('wrong-protocol')
    if (parameters.performative === 'cfp') refuse('conversation-exists')
  }
}

export const acknowledgement = (digest) => encode([1, 'ack', digest])
export const refusal = (code, now) => encode([1, 'refused', code, 'See docs/protocol.md.', now])

/** What the other says of a message: { code: '' } when it was taken. */
export function readAnswer (data, digest) {
  const [version, word, ...rest] = decode(data)
  if (version === 1 && word === 'refused') return { code: rest[0], now: rest[2] }
  if (version === 1 && word === 'ack' && Buffer.compare(rest[0], digest) === 0) return { code: '' }
  throw new Error('an acknowledgement of something else')
}
