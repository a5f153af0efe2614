"""A plan carried out on organizations that are not: local ones, made of what both sides of the plan show.

    overheard  every answer that the organizations gave while the plan was made
    mirror     what was overheard of an organization -> one of the sandbox's
    unseen     what a run asks of the copies that the organizations were not asked yet
    place      where all of it lies meanwhile: owner-only, and gone afterwards
    rehearsal  look, build, ask again, carry out, report

Only reads reach the organizations of the plan. The sandbox stays a witness of its own: it is given worlds, and knows
nothing of how documents are rewritten.
"""
