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

export default { meta: { name: "jetfold" }, rules: { "call-listeners": callListeners } };
