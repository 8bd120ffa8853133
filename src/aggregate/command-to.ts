import { checkId, type DomainEvent, type Metadata } from "../event/index.ts";
import { checkedThere, checkOptions, isPlainObject, type Rules } from "../event/arguments.ts";
import type { Aggregate } from "./aggregate.ts";
import { checkKind } from "../event/kinds.ts";

/** A command with its aggregate; made by {@link commandTo}, carried out by whom it is given to. */
export interface CommandTo {
  readonly aggregate: Aggregate<unknown, unknown, DomainEvent>;
  readonly id: string;
  readonly command: unknown;
  readonly services: unknown;
  readonly metadata: Metadata | undefined;
}

/** What goes along with a command. */
export interface CommandOptions {
  /**
   * Of the commit it leads to. A reactor gives `causationId` (the commit that it reacts to) and
   * `correlationId` (that commit's), where they are not given here. It gives no `actor`: the one of the
   * cause did not do this. Name the reactor, or whoever it acts for.
   */
  readonly metadata?: Metadata;
}

/** With services the options are required, since they carry them. */
export type CommandArguments<Services> = unknown extends Services
  ? [options?: CommandOptions]
  : [options: CommandOptions & { readonly services: Services }];

const commandRules: Rules<CommandOptions & { readonly services: unknown }> = {
  metadata: isPlainObject,
  services: checkedThere,
};

/**
 * Address a command to an aggregate, for later.
 * @throws {@link InvalidInputError} when the id breaks the rules
 */
export function commandTo<State, Command, Event extends DomainEvent, Services = unknown>(
  aggregate: Aggregate<State, Command, Event, Services>,
  id: string,
  command: NoInfer<Command>,
  ...[options = {}]: CommandArguments<Services>
): CommandTo {
  checkKind("aggregate", aggregate);
  checkOptions("commandTo", options, commandRules);
  const { services, metadata } = options as CommandOptions & { readonly services?: Services };
  const erased = aggregate as unknown as CommandTo["aggregate"];
  return { aggregate: erased, id: checkId(id), command, services, metadata };
}
