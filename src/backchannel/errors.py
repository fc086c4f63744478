"""Every error Backchannel raises on purpose: one tree, on one page.

The class says whose fault it is (`blame`) and what kind it is (`code`, stable, shown in `--json` and in logs).
The message says what happened with the facts of the case; the class's docstring says what to do next, and is
shown below the message. Nothing here imports anything of the project.
"""

from enum import StrEnum
from inspect import getdoc
from typing import ClassVar


class Blame(StrEnum):
    """Whose fault an error is."""

    US = "us"
    THEM = "them"
    OPERATOR = "operator"


class BackchannelError(Exception):
    """Please report this, with the message above."""

    code: ClassVar[str] = "internal"
    blame: ClassVar[Blame] = Blame.US

    @property
    def advice(self) -> str:
        """What to do next: the docstring of the class, as one line."""
        return " ".join((getdoc(type(self)) or "").split())


class OperatorError(BackchannelError):
    """Correct the command or the file and try again."""

    code = "operator"
    blame = Blame.OPERATOR


class CounterpartError(BackchannelError):
    """Nothing of it was taken over. If it persists, ask the counterpart by another way."""

    code = "counterpart"
    blame = Blame.THEM


# --- what the operator gave us ---------------------------------------------------------------------------------


class NoNode(OperatorError):
    """Run `backchannel init --name NAME` first, or point --home (or BACKCHANNEL_HOME) at an existing node."""

    code = "no-node"


class NodeExists(OperatorError):
    """Choose another --home. An existing node is never overwritten: its keys could not be recovered."""

    code = "node-exists"


class BadArgument(OperatorError):
    """Correct the argument; `--help` after the command says what it takes."""

    code = "bad-argument"


class NotFound(OperatorError):
    """See what there is: `list` after the noun, as in `backchannel party list` or `backchannel agreement list`.
    Of the ledger `backchannel ledger verify` says how many entries it has, and who signed two histories."""

    code = "not-found"


class Ambiguous(OperatorError):
    """Give more characters of the id, or pin the right one by its whole id."""

    code = "ambiguous"


class IsGuest(OperatorError):
    """A guest is a counterpart without a node. It reads and posts over TAXII only, as a user that
    `backchannel taxii user add NAME --agreement AGREEMENT` makes."""

    code = "guest"


class NotOurs(OperatorError):
    """Only its originator can recall it: ask whoever it came from. To stop using it, `backchannel inbox refuse` what
    waits, or leave it out of what you export."""

    code = "not-ours"


class Gone(OperatorError):
    """Its content cannot be brought back. `backchannel retention gone OBJECT` has everything that is left of it."""

    code = "gone"


class ClockJumped(OperatorError):
    """Nothing was destroyed for its age. Set the clock right; if it is right, run the command with
    `--clock-is-right`."""

    code = "clock-jumped"


class BadTerms(OperatorError):
    """Correct the named line. `backchannel agreement template` prints a commented file to start from."""

    code = "bad-terms"


class BadSettings(OperatorError):
    """Correct the named setting; `docs/reference/settings.md` lists them all."""

    code = "bad-settings"


class NoCanaryDomains(OperatorError):
    """Set `canary_domains` in `settings.toml` to domain names that you own, then try again: canaries are names below
    them."""

    code = "no-canary-domains"


class NoCanaryForm(OperatorError):
    """A canary takes the form of an indicator of yours that leaves, or has left, together with the relationship by
    which it `indicates` a threat. `backchannel preview AGREEMENT --list` shows what leaves."""

    code = "no-canary-form"


class WrongState(OperatorError):
    """`backchannel agreement list` shows the state of each agreement; so do `request list`, `consent list`,
    `recall list` and `match status`."""

    code = "wrong-state"


class Withheld(OperatorError):
    """Nothing was sent. Say it without what is named, or, if it may be said all the same, say so with
    --although-withheld: that is put on record. What is designated, active content and a mark above the ceiling cannot
    be said at all."""

    code = "withheld"


class BudgetSpent(OperatorError):
    """Nothing was sent. Ask when the oldest requests of the last 24 hours are older than that, or agree on a larger
    `requests.per_day`."""

    code = "budget-spent"


class BadAddress(OperatorError):
    """A carrier is `folder:PATH`, `https://HOST:PORT` (and `#sha256=…` to pin its certificate) or `self`."""

    code = "bad-address"


class BadCertificate(OperatorError):
    """Give a certificate in PEM with its private key, or neither: `backchannel init` makes its own pair."""

    code = "bad-certificate"


class CannotListen(OperatorError):
    """Choose another --host or --port (`--port 0` takes a free one), or stop the program that holds it."""

    code = "cannot-listen"


class UnreadableFile(OperatorError):
    """Nothing of the file was taken over. Check that it is there, complete, and of a kind that the command takes:
    `--help` after the command says which."""

    code = "unreadable-file"


class ReportTooLong(UnreadableFile):
    """Cut the report into its parts, or leave it out: no press report is that long."""

    code = "report-too-long"


class UnreadablePage(UnreadableFile):
    """Nothing of the page was taken over. Save the text of the article as a text file (UTF-8) and give that one."""

    code = "unreadable-page"


class UnusablePath(OperatorError):
    """Check the path, and that the user who runs Backchannel may read and write there."""

    code = "unusable-path"


class UnusableTagger(OperatorError):
    """Nothing was read with it. A tagger is made by `backchannel tagger train`, and made anew for another version of
    the program; without one the rules find who says what."""

    code = "unusable-tagger"


class MissingExtra(OperatorError):
    """Install the named extra, or all of them with `pip install 'backchannel[all]'`."""

    code = "missing-extra"


class TaxiiDenied(OperatorError):
    """Check the user, token or certificate that you gave, and ask the server's operator what it may do. Nothing was
    changed."""

    code = "taxii-denied"


class TaxiiNotThere(OperatorError):
    """Give the URL of the server's discovery (it often ends in `/taxii2/`), of an API root or of a collection, and
    for a collection its id, alias or title. Only TAXII 2.1 is spoken."""

    code = "taxii-not-there"


# --- what this machine or this program did ---------------------------------------------------------------------


class DamagedExtra(BackchannelError):
    """Install the extra again, or switch off what needs it: `warning_lists` or `synonyms` in the settings. What
    arrived meanwhile waits."""

    code = "damaged-extra"
    blame = Blame.OPERATOR


class StoreTooNew(BackchannelError):
    """Upgrade Backchannel: this node was last used by a newer version. Nothing was changed."""

    code = "store-too-new"
    blame = Blame.OPERATOR


class StoreBroken(BackchannelError):
    """Nothing was written. Keep a copy of the node's folder, then restore the last backup."""

    code = "store-broken"


class StoreBusy(BackchannelError):
    """Nothing was written. Wait for the other command on this node to finish, then run this one again."""

    code = "store-busy"
    blame = Blame.OPERATOR


class StoreReadOnly(BackchannelError):
    """Nothing was written. Give the user that runs Backchannel the right to write in the node's folder."""

    code = "store-read-only"
    blame = Blame.OPERATOR


class DiskFull(BackchannelError):
    """Nothing was half done. Free some space and run the same command again."""

    code = "disk-full"
    blame = Blame.OPERATOR


class DemoFailed(BackchannelError):
    """Run it again with `--keep DIR`: the logs of both nodes stay in that folder and say more."""

    code = "demo"


class CarrierError(BackchannelError):
    """Nothing is lost: what was not delivered stays in the outbox and goes with the next `backchannel sync`."""

    code = "carrier"


class UnfitItem(CarrierError):
    """The item was left where it is and not read. Other items are not affected."""

    code = "unfit-item"


class NoMailbox(CarrierError):
    """Nothing is lost: what was not delivered stays in the outbox. It goes once the other side has enrolled our
    card, and has synced since the agreement was accepted."""

    code = "no-mailbox"


class MailboxFull(CarrierError):
    """Nothing is lost: it stays in the outbox, and goes when the receiver has fetched what waits there."""

    code = "mailbox-full"


class WrongWay(CarrierError):
    """Each end of a channel brings to one mailbox and fetches from the other. Upgrade the node that asked for it."""

    code = "wrong-way"


class TaxiiUnreachable(BackchannelError):
    """What was read before is kept. Run the same command again: it goes on from there."""

    code = "taxii-unreachable"


# --- what the counterpart sent ---------------------------------------------------------------------------------


class BadCard(CounterpartError):
    """The card was not enrolled. Ask for it again and compare the fingerprint words by voice."""

    code = "bad-card"


class StaleCard(BadCard):
    """The card was not taken over: the one that is held is as new or newer. Ask for the latest."""

    code = "stale-card"


class WordsDiffer(CounterpartError):
    """Do not exchange anything. Read all twelve words again; if they still differ, somebody replaced the card
    on its way: get it again by another way."""

    code = "words-differ"


class BadObject(CounterpartError):
    """The object was refused; its neighbours are not affected."""

    code = "bad-object"


class BadEnvelope(CounterpartError):
    """The envelope was refused and nothing in it was read. The sender's next copy is tried as usual."""

    code = "bad-envelope"


class NotForUs(BadEnvelope):
    """The envelope was refused: it is sealed or addressed to somebody else, or to another key of ours."""

    code = "not-for-us"


class KeyDestroyed(NotForUs):
    """Nothing is to be done: the sender still has the envelope, and seals it again to our new key as soon as it has
    our new card. If that takes long, give it the card by hand: `backchannel card export`."""

    code = "key-destroyed"


class BadSignature(BadEnvelope):
    """The envelope was refused: both signatures of the enrolled key card are required."""

    code = "bad-signature"


class ReplacedKeys(BadSignature):
    """The envelope was refused: it is signed with keys that its sender replaced. One that was on its way is sent
    again under the new keys; if it is none, somebody else has the old keys: compare the words by voice."""

    code = "replaced-keys"


class UnknownVersion(BadEnvelope):
    """The envelope was refused: it needs a newer version of Backchannel, or its header was changed."""

    code = "unknown-version"


class SequenceError(BadEnvelope):
    """The envelope was refused: it does not continue the channel."""

    code = "sequence"


class Gap(SequenceError):
    """It waits in the mailbox until the missing envelopes arrive; the sender's outbox still has them."""

    code = "gap"


class Fork(SequenceError):
    """The counterpart signed two different histories of one channel. The envelope is kept in the node's folder,
    under `evidence`. Ask the counterpart by another way: its node was restored from a copy, or it lies."""

    code = "fork"


class SuccessionFork(Fork):
    """Two different keys were signed as the next ones by the same old keys: somebody else had the old keys. Believe
    neither. Speak with the counterpart, and compare the words of the keys that it uses now."""

    code = "succession-fork"


class Reflection(SequenceError):
    """The envelope was refused: it is one of ours, handed back."""

    code = "reflection"


class NotAgreed(CounterpartError):
    """The message was refused: no agreement in force covers it."""

    code = "not-agreed"


class BadRequest(CounterpartError):
    """The request for information, or the answer to one, was refused and nothing of it was kept. Objects that came
    with an answer were vetted by themselves."""

    code = "bad-request"


class BadMatching(CounterpartError):
    """Nothing was matched, and nothing of the answer was used. Start the session again; if it fails the same way, the
    counterpart's program does not keep to RFC 9497, or it changed its key in mid-session."""

    code = "bad-matching"


class LimitExceeded(CounterpartError):
    """The message was refused before it was unpacked: it exceeds the limits in `docs/reference/protocol.md`."""

    code = "limit"


class BadConsent(CounterpartError):
    """It was not used, and nothing is passed on by it. Only the originator can make another."""

    code = "bad-consent"


class BadNote(CounterpartError):
    """Nothing of its text was used. Ask for it again, and check that the keys are those of whoever it names."""

    code = "bad-note"


class BadProof(CounterpartError):
    """It shows nothing. Ask for the proof again; if it still fails, what it claims is not in that ledger."""

    code = "bad-proof"


class StaleCheckpoint(CounterpartError):
    """It was not cosigned: a newer checkpoint of this ledger was seen before. Its node was restored from a copy,
    or a message came late."""

    code = "stale-checkpoint"


class Equivocation(CounterpartError):
    """The ledger shows two histories. Keep the accusation: whoever has it and the ledger's keys can check it."""

    code = "equivocation"

    def __init__(self, message: str = "", accusation: bytes = b"") -> None:
        super().__init__(message)
        self.accusation = accusation
        """The document (`protocol.accusations`)."""


class TaxiiMisbehaves(CounterpartError):
    """What was read before is kept. Tell the server's operator: it does not keep to TAXII 2.1."""

    code = "taxii-misbehaves"
