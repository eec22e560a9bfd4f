// A peer of Nuée in JavaScript, written from docs/protocol.md: TCP, Noise, Yamux, hello, messages, the contract net.
// It prints {"address", "peer"}, then obeys one JSON command a line on stdin and answers each with a line:
//   {"do": "invite"}                         -> {"invite": LINK}
//   {"do": "add", "link": LINK}              -> {"peer", "name"}: a contact of theirs from now on
//   {"do": "offer", "says": S, "lasts": MS}  -> {}: whoever gives a prompt from now on is told S; without S nothing is offered
//   {"do": "announce", "peer", "kind", "prompt", "cancels"}
//                                            -> {"state", "reason", "result", "matches", "price", "pieces": [S, …]}
//   {"do": "letter", "peer", "text", "author"}  -> {"code"}: "" when it lies with the other
//   {"do": "letters"}                        -> {"letters": [{"from", "text", "author"}]}: what came
//   {"do": "shared"}                         -> {"asked": N, "served": N}: messages on a stream that had one before
//   {"do": "wrong", "peer", "how": H}        -> {"code"}: what the peer answers a message that breaks a rule; see wrong.mjs
//   {"do": "conversations"}                  -> {"conversations": [{"phase", "prompt", "heard": [performative, …]}], "pieces": N}
// What fails is answered with {"error": S}.  The end of stdin ends it.
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Asking, Refused, ask, serve } from './frames.mjs'
import { binding, hello, invite, readHello, readInvite } from './hello.mjs'
import { keyPair, peerId } from './keys.mjs'
import { Memory, NotTaken, acknowledgement, message, readAnswer, refusal } from './messages.mjs'
import { letter, letterOf } from './letter.mjs'
import { followed, shown } from './progress.mjs'
import { Initiator, Participant } from './task.mjs'
import { wrongs } from './wrong.mjs'

const HELLO = '/nuee/hello/1.0.0'
const ACL = '/nuee/acl/1.0.0'
const PROGRESS = '/nuee/progress/1.0.0'
const KEPT = 15_000 // milliseconds that a stream for messages is kept without one
const PATIENCE = 60_000 // milliseconds for one message, whose bytes are sent again until then
const LATER = ['busy', 'unknown-conversation']

const say = (value) => process.stdout.write(JSON.stringify(value) + '\n')
const host = keyPair(randomBytes(32))
const identity = keyPair(randomBytes(32))
const own = peerId(host.public)
const speaks = binding(identity, own, Math.floor(Date.now() / 1000))
const contacts = new Set()
const secrets = new Map() // hexadecimal -> seconds at which it is over
const addresses = new Map() // peer -> where it said that it listens
const memory = new Memory(own)
const talks = new Map() // hexadecimal conversation -> { side, heard, last }
const letters = []
const kept = new Map() // peer -> the stream that its next message goes on
const shared = { asked: 0, served: 0 } // exchanges on a stream that had one before
const works = new Map() // hexadecimal conversation -> { peer, text, ended }
let offers = {}
let pieces = 0 // that were shown of work here
let lasts = 0 // milliseconds that work takes
let latest = 0

const node = await createLibp2p({
  privateKey: await generateKeyPairFromSeed('Ed25519', host.seed),
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  services: { identify: identify(), ping: ping() }
})
const listening = node.getMultiaddrs().map((address) => address.toString().split('/p2p/')[0])

async function open (peer, protocol) {
  const there = node.getConnections().find((connection) => connection.remotePeer.toString() === peer)
  if (there !== undefined) return await there.newStream(protocol)
  return await node.dialProtocol(addresses.get(peer).map((address) => multiaddr(`${address}/p2p/${peer}`)), protocol)
}

/** Two messages are never the same: the clock counts up where it stands still (section 4). */
function clock () {
  latest = Math.max(Date.now(), latest + 1)
  return latest
}

function signed (fields) {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return message({ ...given, sender: own, sent: clock() }, host)
}

/** Say a message on the stream that is kept for this peer, else on a new one, which is kept then; the answer. */
async function said (peer, bytes) {
  const before = kept.get(peer)
  kept.delete(peer)
  for (const asking of [before, null]) {
    if (asking === undefined || (asking !== null && Date.now() - asking.last > KEPT)) continue
    const used = asking ?? new Asking(await open(peer, ACL))
    const answer = await used.ask(bytes).catch((error) => {
      if (asking === null || error.message === 'refused') throw error
      return null // it crossed the other's end of the stream
    })
    if (answer === null) continue
    if (used.asked > 1) shared.asked++
    kept.set(peer, used)
    return answer
  }
  throw new Error('the stream ended without an answer')
}

/** Say these bytes once; what they are answered. */
const told = async (peer, { bytes, digest }) => readAnswer(await said(peer, bytes), digest)

/** Say a message until it is taken or refused for good (section 7): the code, '' when it was taken. */
async function deliver (fields) {
  const made = signed(fields)
  const end = Date.now() + PATIENCE
  for (let wait = 200; ; wait *= 2) {
    const code = await told(fields.receiver, made).then((answer) => answer.code, (error) => {
      if (error.message === 'refused' || Date.now() > end) throw error
      return 'busy'
    })
    if (!LATER.includes(code) || Date.now() > end) return code
    await sleep(wait)
  }
}

function begin (parameters, side) {
  const talk = { side, heard: [], last: Promise.resolve() }
  talks.set(parameters['conversation-id'].toString('hex'), talk)
  return talk
}

/** Work that takes its time, and shows what there is of it: half at once, the rest with its end. */
async function worked (peer, name, { content }) {
  const text = content.result.text
  const work = { peer, text: text.slice(0, text.length / 2), ended: false }
  works.set(name, work)
  await sleep(lasts)
  Object.assign(work, { text, ended: true })
}

/** What the other shows of its work on a conversation of ours, asked for again while it knows of none. */
async function follow (peer, { opening }, pieces) {
  for (let wait = 50; pieces.length === 0 && wait < 5000; wait *= 2) {
    for await (const text of followed(await open(peer, PROGRESS), opening['conversation-id'])) pieces.push(text)
    await sleep(wait)
  }
}

/** What came, in the order in which it was taken; one after the other, so that answers keep that order. */
function go (parameters, digest) {
  const name = parameters['conversation-id'].toString('hex')
  const talk = talks.get(name) ?? begin(parameters, new Participant(offers))
  talk.heard.push(parameters.performative)
  if (parameters.protocol === 'fipa-request') {
    const came = letterOf(parameters)
    if (came !== null) letters.push({ from: parameters.sender, ...came })
    return
  }
  const next = talk.side.heard(parameters, digest, Date.now())
  if (next === null) return
  const works = next.content.inform === 'result' && lasts > 0
  if (works) talk.last = talk.last.then(() => worked(next.receiver, name, next))
  talk.last = talk.last.then(() => deliver(next)).catch((error) => talk.heard.push(String(error)))
}

await node.handle(ACL, (stream, connection) => {
  let served = 0
  return serve(stream, (request) => {
    if (served++ > 0) shared.served++
    return taken(request, connection)
  })
})

function taken (request, connection) {
  const peer = connection.remotePeer.toString()
  if (!contacts.has(peer)) throw new Refused('refused')
  try {
    const { parameters, digest, again } = memory.take(request, peer, Date.now())
    if (!again) setImmediate(go, parameters, digest)
    return acknowledgement(digest)
  } catch (error) {
    if (error instanceof NotTaken) return refusal(error.message, Date.now())
    throw error
  }
}

await node.handle(PROGRESS, async (stream, connection) => {
  const workOf = (name) => {
    const work = works.get(name)
    return work?.peer === connection.remotePeer.toString() ? work : undefined
  }
  await shown(stream, workOf, () => { pieces++ })
})

await node.handle(HELLO, (stream, connection) => serve(stream, (request) => {
  const peer = connection.remotePeer.toString()
  const theirs = readHello(request, peer)
  const secret = Buffer.from(theirs.invite ?? []).toString('hex')
  if ((secrets.get(secret) ?? 0) * 1000 > Date.now()) {
    secrets.delete(secret)
    contacts.add(peer)
  }
  if (!contacts.has(peer)) throw new Refused('unknown')
  return hello(speaks, Date.now(), { name: 'JavaScript' })
}))

const commands = {
  invite () {
    const secret = randomBytes(16)
    const expires = Math.floor(Date.now() / 1000) + 600
    secrets.set(secret.toString('hex'), expires)
    return { invite: invite(host.public, secret, expires, 'JavaScript', listening) }
  },
  async add ({ link }) {
    const { peer, secret, addresses: theirs } = readInvite(link)
    addresses.set(peer, theirs)
    contacts.add(peer)
    const said = await ask(await open(peer, HELLO), hello(speaks, Date.now(), { name: 'JavaScript', invite: secret }))
    return { peer, name: readHello(said, peer).name ?? '' }
  },
  offer ({ says, lasts: long }) {
    lasts = long ?? 0
    offers = says === undefined ? {} : { 'nuee/inference/1': () => says }
    return {}
  },
  async announce ({ peer, kind, prompt, cancels }) {
    const side = new Initiator(peer, `nuee/${kind}/1`, prompt, { now: Date.now(), cancels })
    begin(side.opening, side)
    memory.open(side.opening, peer)
    const pieces = []
    const following = follow(peer, side, pieces).catch((error) => pieces.push(String(error)))
    const code = await deliver(side.opening)
    const done = code === '' ? await side.until : { state: 'refused', reason: code }
    await Promise.race([following, sleep(done.state === 'done' ? 1000 : 0)])
    return { ...done, pieces }
  },
  async wrong ({ peer, how }) {
    const opening = new Initiator(peer, 'nuee/inference/1', 'Hello?', { now: Date.now() }).opening
    begin(opening, new Participant(offers))
    memory.open(opening, peer)
    const made = wrongs[how]({ ...opening, sender: own, sent: clock() }, host)
    const codes = []
    for (const one of made) codes.push((await told(peer, one)).code)
    return { code: codes.at(-1), codes }
  },
  async letter ({ peer, text, author }) {
    const fields = letter(peer, text, author ?? 'person', Date.now())
    begin(fields, new Participant({}))
    return { code: await deliver(fields) }
  },
  letters () {
    return { letters }
  },
  async shared () {
    return shared
  },
  conversations () {
    return { conversations: [...talks.values()].map(({ side, heard }) => ({ phase: side.phase ?? '', prompt: side.prompt, heard })), pieces }
  }
}

say({ address: node.getMultiaddrs()[0].toString(), peer: own })
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  try {
    say(await commands[command.do](command))
  } catch (error) {
    say({ error: String(error) })
  }
}
await node.stop()
process.exit(0)
