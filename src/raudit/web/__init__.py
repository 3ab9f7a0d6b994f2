"""The browser application: thin pages over the files, digests, statements and events of the command line.

Entry points::

    Workspace(folder)          the folder that is served: one sub-folder a system, people.yaml, keys, the log
    serve(workspace, options)  everything in one process; see ``raudit.web.serving``
"""
