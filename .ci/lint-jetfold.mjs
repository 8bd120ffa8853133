/** Rules of this project that no linter brings along. */

/** Named like listeners, and called as they are: the project's own, or a part of what is done. */
const ours = new Set([
  ...["onAbort", "onBegun", "onChange", "onError", "onMessage"],
  ...["onRejected", "onWarning"],
]);

/** A listener of the user's is called by `call`, so that what it throws breaks nothing. */
const callListeners = {
  meta: { messages: { direct: "Call {{name}} by call(), of src/event/listener.ts." } },
  create: (context) => ({
    CallExpression({ callee }) {
      const { name } = callee.type === "MemberExpression" ? callee.property : callee;
      if (name === undefined || !/^on[A-Z]/.test(name) || ours.has(name)) return;
      context.report({ node: callee, messageId: "direct", data: { name } });
    },
  }),
};

/** What the client makes of an answer is not held against the question. */
const holdAnswers = {
  meta: { messages: { unread: "Read an answer by believe, readPublishAnswer or apiAnswer." } },
  create: (context) => ({
    CallExpression({ callee }) {
      if (callee.type !== "MemberExpression" || callee.property.name !== "json") return;
      context.report({ node: callee, messageId: "unread" });
    },
  }),
};

const sending = new Set(["publish", "request", "requestMany"]);

/** What is sent past the multiplexer is neither bounded nor timed. */
const sendInTurn = {
  meta: { messages: { past: "Send by the multiplexer, of src/nats/requests." } },
  create: (context) => ({
    CallExpression({ callee }) {
      if (callee.type !== "MemberExpression" || !sending.has(callee.property.name)) return;
      const { object } = callee;
      const name = object.type === "MemberExpression" ? object.property.name : object.name;
      if (name !== "connection") return;
      context.report({ node: callee, messageId: "past" });
    },
  }),
};

/** What `AbortSignal.any` joins keeps an entry of it for as long as it lives. */
const joinSignals = {
  meta: { messages: { any: "Join signals by JoinedSignal, of backend/abort.ts, and end it." } },
  create: (context) => ({
    MemberExpression({ object, property }) {
      if (object.name !== "AbortSignal" || (property.name ?? property.value) !== "any") return;
      context.report({ node: property, messageId: "any" });
    },
  }),
};

const timers = new Set(["setTimeout", "setInterval"]);
const globals = new Set(["globalThis", "global"]);

/** A timer of Node's is over at once when it is to be longer than 2^31 - 1 milliseconds. */
const timeInOnePlace = {
  meta: { messages: { timer: "Wait by startTimer, every, delay or orLate of backend/timer.ts." } },
  create: (context) => ({
    CallExpression({ callee }) {
      const { object, property } = callee;
      const isOurs =
        callee.type === "MemberExpression"
          ? (object.name === "AbortSignal" && property.name === "timeout") ||
            (globals.has(object.name) && timers.has(property.name))
          : timers.has(callee.name);
      if (isOurs) context.report({ node: callee, messageId: "timer" });
    },
    ImportDeclaration(node) {
      if (/^(node:)?timers(\/promises)?$/.test(node.source.value)) {
        context.report({ node, messageId: "timer" });
      }
    },
  }),
};

/** Classes of the language's and the platform's, and of one module's own. */
const oneCopy = new Set([
  ...["ApiError", "ArrayBuffer", "AssertionError", "ChecksumError", "DirectGetError"],
  ...["DOMException", "DoneBefore", "Error", "HandlerFailure", "Map", "Promise", "RangeError"],
  ...["Set", "TypeError", "Uint8Array", "UnknownCommitError", "URL"],
]);

/** A class of ours is another one in each copy of the package. */
const askCodes = {
  meta: {
    messages: { identity: "{{name}} differs between copies: ask isJetfoldError, or a brand." },
  },
  create: (context) => ({
    BinaryExpression({ operator, right }) {
      if (operator !== "instanceof" || oneCopy.has(right.name)) return;
      const name = right.name ?? "This class";
      context.report({ node: right, messageId: "identity", data: { name } });
    },
  }),
};

const rules = {
  "ask-codes": askCodes,
  "call-listeners": callListeners,
  "hold-answers": holdAnswers,
  "join-signals": joinSignals,
  "send-in-turn": sendInTurn,
  "time-in-one-place": timeInOnePlace,
};

export default { meta: { name: "jetfold" }, rules };
