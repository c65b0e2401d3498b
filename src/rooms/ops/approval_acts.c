/* SPDX-License-Identifier: Apache-2.0 */
/* approval_acts - the acts that need two people. */
#include "approval.h"

/* -- role.operator: args is the public id of who is to have the role ----------------------------
 */

static enum bw_rc look_operator(struct db *db, struct bw_view args, struct bw_arena *arena,
                                struct approval_look *ret, struct bw_err *err)
{
    struct member_staff s;
    bool body;
    BW_TRY(member_staff_find(db, viewer_system("an act that was asked for is looked at as it is"),
                             args, arena, &s, err));
    BW_TRY(ops_body_is(db, s.organisation_id, &body, err));
    if (!s.active || !body)
        return bw_fail(err, BW_INVALID,
                       "an operator is an active person of an organisation that runs the hub");
    if (s.role == ROLE_OPERATOR)
        return bw_fail(err, BW_CONFLICT, "this person is an operator already");
    ret->what = bw_arena_printf(arena, "%.*s, %.*s", BW_VF(s.name), BW_VF(s.email));
    ret->state = bw_arena_printf(arena, "%s %lld %.*s", role_name(s.role),
                                 (long long)s.organisation_id, BW_VF(s.email));
    ret->concerns_id = s.id;
    return ret->what.p && ret->state.p ? BW_OK : bw_fail_memory(err);
}

static enum bw_rc run_operator(struct db_tx *tx, const struct approval_by *by, struct bw_view args,
                               struct bw_arena *arena, struct bw_err *err)
{
    struct member_staff s;
    BW_TRY(member_staff_find(db_tx_db(tx), viewer_system("an act that was approved is carried out"),
                             args, arena, &s, err));
    return member_role_change(tx,
                              &(struct member_role_change){.actor_id = by->asked_by,
                                                           .person_id = s.id,
                                                           .from = s.role,
                                                           .to = ROLE_OPERATOR,
                                                           .reason = by->reason},
                              err);
}

static const struct approval_act ROLE_OF_OPERATOR = {"role.operator", PERM_OWNER,
                                                     MSG_desk_act_operator, look_operator,
                                                     run_operator};

const struct approval_act *const approval_acts[] = {&ROLE_OF_OPERATOR};
const size_t approval_acts_n = BW_COUNT(approval_acts);

const struct approval_act *approval_act_of(struct bw_view name)
{
    for (size_t i = 0; i < approval_acts_n; i++)
        if (bw_view_is(name, approval_acts[i]->name))
            return approval_acts[i];
    return NULL;
}
