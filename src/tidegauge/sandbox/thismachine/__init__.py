"""The Linux host we run on, as a node: its cgroups and processes in a kubelet's wire format.

`cgroupfiles`, `procfiles`, `naming`, `names` read bytes and paths; `exposition` and `summary` write
bodies; `walking`, `grouping` and `machine` touch the file system, `endpoint` answers requests.
"""
